import { Flag, type FlameAnswer, type FlameNode, type FlameQuestion } from '../wire/questions.js';
import { NONE } from './model-data.js';
import type { Tables } from './tables.js';

/** Paths of names that are told apart; what comes behind counts for what it lies in. */
const MAX_PATHS = 50_000;
/** So many nodes are given. */
const MAX_NODES = 5000;

/** Calls put together below the calls that they lie in, or each name with what has called it. */
export function flame(tables: Tables, question: FlameQuestion): FlameAnswer {
  const { data } = tables;
  const threads = data.order.filter((track) => data.tracks[track].kind === 'thread');
  const down = new Paths();
  for (const track of new Set(question.tracks ?? threads)) addTrack(tables, track, question, down);
  let total = 0;
  for (const root of down.below(ROOT)) total += down.totals[root];
  const paths = question.direction === 'down' ? down : turned(down);
  const shown = paths.largest();
  return {
    total,
    roots: nodesOf(paths, ROOT, shown, data.texts),
    isShortened: down.isFull || paths.isFull || shown !== undefined,
  };
}

/** The path of no names. */
const ROOT = 0;

/** Names below names, each path a number. */
class Paths {
  count = 1;
  readonly names = new Uint32Array(MAX_PATHS);
  readonly parents = new Uint32Array(MAX_PATHS);
  readonly totals = new Float64Array(MAX_PATHS);
  /** Time in what lies right in them. */
  readonly inner = new Float64Array(MAX_PATHS);
  readonly counts = new Uint32Array(MAX_PATHS);
  /** Of each path: those that are longer by one, by their last names. */
  readonly #below: (Map<number, number> | undefined)[] = [];

  /** Time in which nothing inside ran. */
  self(path: number): number {
    return Math.max(0, this.totals[path] - this.inner[path]);
  }

  get isFull(): boolean {
    return this.count === MAX_PATHS;
  }

  below(path: number): Iterable<number> {
    return this.#below[path]?.values() ?? [];
  }

  /** The path that is longer by a name; the same one if there are too many. */
  longer(path: number, name: number): number {
    let names = this.#below[path];
    const known = names?.get(name);
    if (known !== undefined) return known;
    if (this.isFull) return path;
    if (names === undefined) {
      names = new Map();
      this.#below[path] = names;
    }
    const made = this.count++;
    this.names[made] = name;
    this.parents[made] = path;
    names.set(name, made);
    return made;
  }

  /** The paths with the largest totals; undefined if they are no more than are shown. */
  largest(): ReadonlySet<number> | undefined {
    if (this.count - 1 <= MAX_NODES) return undefined;
    const all = Array.from({ length: this.count - 1 }, (_, i) => i + 1);
    all.sort((a, b) => this.totals[b] - this.totals[a]);
    return new Set(all.slice(0, MAX_NODES));
  }
}

function addTrack(tables: Tables, track: number, { from, to }: FlameQuestion, paths: Paths): void {
  const { data, slices } = tables;
  const { starts, ends, labels, parents, flags } = slices;
  const { firstLane, lanes } = data.tracks[track];
  const [first, end] = tables.range(track);
  /** By slice, as far as they are known. */
  const known = new Uint32Array(end - first);
  const pathIn = (outer: number, slice: number) =>
    paths.longer(outer, data.labelNames[labels[slice]]);
  const outerOf = (slice: number): number => {
    const parent = parents[slice];
    // What outlives the slice that it began in does not fit into it, and stands by itself.
    if (parent === NONE || ends[slice] > ends[parent]) return ROOT;
    // What overlaps has a lane below what lies in it: its turn comes later.
    return known[parent - first] || pathIn(outerOf(parent), parent);
  };
  for (let lane = firstLane; lane < firstLane + lanes; lane++) {
    const [begin, over] = tables.inTime(lane, from, to);
    for (let slice = begin; slice < over; slice++) {
      if ((flags[slice] & Flag.INSTANT) !== 0) continue;
      // What begins with the end of the range is not in it.
      if (starts[slice] === to && ends[slice] > to) continue;
      const time = Math.min(ends[slice], to) - Math.max(starts[slice], from);
      const outer = outerOf(slice);
      const path = pathIn(outer, slice);
      known[slice - first] = path;
      // Where there are too many paths, its time is in that of the outer one already.
      if (path === outer) continue;
      paths.totals[path] += time;
      paths.counts[path]++;
      paths.inner[outer] += time;
    }
  }
}

/** Each name with the time of its own, and below it those who have called it. */
function turned(down: Paths): Paths {
  const up = new Paths();
  for (let path = ROOT + 1; path < down.count; path++) {
    const self = down.self(path);
    let at = ROOT;
    for (let caller = path; caller !== ROOT; caller = down.parents[caller]) {
      const next = up.longer(at, down.names[caller]);
      if (next === at) break;
      up.totals[next] += self;
      up.counts[next] += down.counts[path];
      if (at !== ROOT) up.inner[next] += self;
      at = next;
    }
  }
  return up;
}

/** @param shown Undefined: all. */
function nodesOf(
  paths: Paths,
  above: number,
  shown: ReadonlySet<number> | undefined,
  texts: readonly string[],
): FlameNode[] {
  return Array.from(paths.below(above))
    .filter((path) => shown?.has(path) ?? true)
    .sort((a, b) => paths.totals[b] - paths.totals[a])
    .map((path) => ({
      name: texts[paths.names[path]],
      total: paths.totals[path],
      self: paths.self(path),
      count: paths.counts[path],
      children: nodesOf(paths, path, shown, texts),
    }));
}
