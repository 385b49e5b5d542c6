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
  /** Of its length: those of the next number are longer by a tenth. */
  readonly bucket: number;
  longest: Call;
  count: number;
}

/** The longest calls. Memory grows with the rows that are shown, and not with the calls. */
export class Longest {
  readonly #rows: number;
  #clusters = new Map<string, Cluster>();
  /** So many are kept until the shortest are given up. */
  #room: number;
  /** What is shorter comes into no row: its time, and its bucket. */
  #floor = 0;
  #lowest = Number.NEGATIVE_INFINITY;

  constructor(rows: number) {
    this.#rows = rows;
    this.#room = 2 * KEPT_A_ROW * rows;
  }

  /** The object may be used for another call afterwards. */
  take(call: Call): void {
    const duration = call.end - call.start;
    if (duration < this.#floor || this.#rows === 0) return;
    // What takes no time has no logarithm.
    const bucket = Math.floor(Math.log(Math.max(0.5, duration)) / LOG_ALIKE);
    if (bucket < this.#lowest) return;
    const place = `${keyOf(call)} ${bucket}`;
    const cluster = this.#clusters.get(place);
    if (cluster === undefined) {
      this.#clusters.set(place, { key: keyOf(call), bucket, longest: { ...call }, count: 1 });
      if (this.#clusters.size > this.#room) this.#prune();
      return;
    }
    cluster.count++;
    if (isLonger(call, cluster.longest)) cluster.longest = { ...call };
  }

  /** The longest first. */
  rows(): Alike[] {
    const rows: Cluster[] = [];
    /** The last row of each key. */
    const last = new Map<string, Cluster>();
    for (const [, cluster] of this.#sorted()) {
      // The bounds of the clusters are fixed, so two of them may share what is alike.
      const same = last.get(cluster.key);
      if (same !== undefined && durationOf(same) <= ALIKE * durationOf(cluster)) {
        same.count += cluster.count;
      } else if (rows.length < this.#rows) {
        const row = { ...cluster };
        rows.push(row);
        last.set(row.key, row);
      }
    }
    return rows.map(({ longest: call, count }) => ({ call, count }));
  }

  /**
   * Gives up what is too short, by buckets and not one by one: so each cluster that is left has all calls of
   * it, in whichever order they have come. The bucket below the last may hold what is alike.
   */
  #prune(): void {
    const sorted = this.#sorted();
    const last = sorted[KEPT_A_ROW * this.#rows - 1];
    this.#lowest = last[1].bucket - 1;
    this.#floor = Math.exp((this.#lowest - 1) * LOG_ALIKE);
    this.#clusters = new Map(sorted.filter(([, { bucket }]) => bucket >= this.#lowest));
    // Many names may have calls of one length.
    this.#room = Math.max(this.#room, 2 * this.#clusters.size);
  }

  #sorted(): [place: string, cluster: Cluster][] {
    return [...this.#clusters].sort(([, { longest: a }], [, { longest: b }]) =>
      isLonger(a, b) ? -1 : isLonger(b, a) ? 1 : 0,
    );
  }
}

/** Of two that take the same time, the first in the file counts. */
function isLonger(a: Call, b: Call): boolean {
  const difference = a.end - a.start - (b.end - b.start);
  return difference > 0 || (difference === 0 && a.offset < b.offset);
}

function keyOf({ kind, name, category, pid }: Call): string {
  return `${kind} ${name} ${category} ${pid}`;
}

function durationOf({ longest: { start, end } }: Cluster): number {
  return end - start;
}
