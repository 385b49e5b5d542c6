import type { Call } from './call.js';

/** Calls of one name that take as long as each other, give or take a tenth, are one row. */
const ALIKE = 1.1;
const LOG_ALIKE = Math.log(ALIKE);
/** More than are shown, as two of them may turn out to be one row. */
const KEPT_A_ROW = 4;

/** Calls that are nearly alike: of one name, in one process, and of about the same length. */
export interface Alike {
  /** The longest one. */
  readonly call: Call;
  readonly count: number;
}

interface Cluster {
  readonly key: string;
  longest: Call;
  count: number;
}

/** The longest calls. Memory grows with the rows that are shown, and not with the calls. */
export class Longest {
  readonly #rows: number;
  readonly #kept: number;
  #clusters = new Map<string, Cluster>();
  /** What is shorter comes into no row. */
  #floor = 0;

  constructor(rows: number) {
    this.#rows = rows;
    this.#kept = KEPT_A_ROW * rows;
  }

  /** The object may be used for another call afterwards. */
  take(call: Call): void {
    const duration = call.end - call.start;
    if (this.#kept === 0 || duration < this.#floor) return;
    // What takes no time has no logarithm.
    const length = Math.floor(Math.log(Math.max(0.5, duration)) / LOG_ALIKE);
    const place = `${keyOf(call)} ${length}`;
    const cluster = this.#clusters.get(place);
    if (cluster === undefined) {
      this.#clusters.set(place, { key: keyOf(call), longest: { ...call }, count: 1 });
      if (this.#clusters.size > 2 * this.#kept) this.#prune();
      return;
    }
    cluster.count++;
    if (duration > durationOf(cluster)) cluster.longest = { ...call };
  }

  /** The longest first. */
  rows(): Alike[] {
    const rows: Cluster[] = [];
    for (const [, cluster] of this.#sorted()) {
      // The bounds of the clusters are fixed, so two of them may share what is alike.
      const same = rows.findLast(({ key }) => key === cluster.key);
      if (same !== undefined && durationOf(same) <= ALIKE * durationOf(cluster)) {
        same.count += cluster.count;
      } else if (rows.length < this.#rows) rows.push({ ...cluster });
    }
    return rows.map(({ longest: call, count }) => ({ call, count }));
  }

  #prune(): void {
    const kept = this.#sorted().slice(0, this.#kept);
    this.#clusters = new Map(kept);
    this.#floor = Math.min(...kept.map(([, cluster]) => durationOf(cluster)));
  }

  #sorted(): [place: string, cluster: Cluster][] {
    return [...this.#clusters].sort(([, a], [, b]) => durationOf(b) - durationOf(a));
  }
}

function keyOf({ kind, name, category, pid }: Call): string {
  return `${kind} ${name} ${category} ${pid}`;
}

function durationOf({ longest: { start, end } }: Cluster): number {
  return end - start;
}
