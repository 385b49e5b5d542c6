import type { SpillSorter } from '../../timeline/spill-sorter.js';
import { Nesting } from './nesting.js';
import {
  AT_BEGIN,
  AT_END,
  type BINDINGS,
  type COLUMNS,
  END,
  isSlice,
  KEYS,
  KIND,
  kindOf,
  WIDTH,
} from './rows.js';

type RowColumn = (typeof COLUMNS.sortedBy)[number] | (typeof COLUMNS.others)[number];
type BindingColumn = (typeof BINDINGS.sortedBy)[number] | (typeof BINDINGS.others)[number];

/** So many flows can be open at once. */
const MAX_FLOWS = 1_000_000;
/** So many are remembered that have ended. */
const MAX_ENDED = 50_000;

/** What is open on a thread: when it ends, and what its row is known by. */
class OpenSlices {
  readonly nesting = new Nesting();
  readonly #known: number[] = [];
  /** Rows of ends of flows that wait for the next slice. */
  waiting: Float64Array[] = [];
  /** The keys of the last instant. */
  readonly instant = new Float64Array(KEYS).fill(Number.NaN);

  push(end: number, rows: Float64Array, at: number): void {
    const { nesting } = this;
    // What overlaps lies on another track.
    if (!nesting.holds(end)) return;
    const place = KEYS * nesting.depth;
    nesting.push(end);
    for (let i = 0; i < KEYS; i++) this.#known[place + i] = rows[at + i];
  }

  /** The keys of the innermost one. */
  innermost(): number[] {
    return this.#keys(this.nesting.depth - 1);
  }

  /** The keys of the outermost one that begins then. */
  beginningAt(time: number): number[] | undefined {
    for (let i = 0; i < this.nesting.depth; i++) {
      if (this.#known[KEYS * i] === time) return this.#keys(i);
    }
    return undefined;
  }

  #keys(slice: number): number[] {
    return this.#known.slice(KEYS * slice, KEYS * (slice + 1));
  }
}

/**
 * Finds the slices that the points of flows lie in, or lead to: in Perfetto's format, a point is a part of
 * its slice, or of an instant of that moment that lies in none. Those that have neither stay what they are,
 * moments. Each block is a step.
 *
 * @param flowAt What stands for the flow of a point, by its place in the spool.
 * @param again Takes all rows but those of points that have a slice.
 */
export function* bindFlows(
  blocks: Iterable<Float64Array>,
  flowAt: (spool: number) => number,
  again: SpillSorter<RowColumn>,
  bindings: SpillSorter<BindingColumn>,
): Generator<void, void, undefined> {
  const threads = new Map<number, OpenSlices>();
  const flows = new Flows();
  let waiting = 0;
  const openOf = (thread: number): OpenSlices => {
    let open = threads.get(thread);
    if (open === undefined) {
      open = new OpenSlices();
      threads.set(thread, open);
    }
    return open;
  };
  const put = (slice: ArrayLike<number>, ...point: number[]): void => {
    const place = bindings.place();
    const { values } = bindings;
    for (let i = 0; i < KEYS; i++) values[place + i] = slice[i];
    for (let i = 0; i < point.length; i++) values[place + KEYS + i] = point[i];
  };
  /** Writes a point with a slice; gives whether it could be. */
  const bind = (
    rows: Float64Array,
    at: number,
    slice: ArrayLike<number>,
    isEnded = true,
  ): boolean => {
    const [kind, spool] = [kindOf(rows[at + 2]), rows[at + 5]];
    const point = flows.take(flowAt(spool), kind, slice, rows[at], isEnded);
    if (point === undefined) return false;
    const { from, atEnd, ends } = point;
    if (from !== undefined) put(from, KIND.flowStart, AT_BEGIN, spool, ends);
    put(slice, kind, atEnd, spool, ends);
    return true;
  };
  for (const rows of blocks) {
    for (let at = 0; at < rows.length; at += WIDTH) {
      const kind = kindOf(rows[at + 2]);
      const isPoint = kind >= KIND.flowStart;
      if (kind === KIND.threadMoment) {
        openOf(rows[at + 3]).instant.set(rows.subarray(at, at + KEYS));
      } else if (isSlice(kind) || isPoint) {
        const [start, on] = [rows[at], rows[at + 3]];
        const open = openOf(on);
        // What ends in the moment of a point is still around it.
        open.nesting.at(start, isPoint);
        if (!isPoint) {
          open.push(rows[at + END], rows, at);
          if (open.waiting.length > 0) {
            for (const row of open.waiting) bind(row, 0, rows.subarray(at, at + KEYS));
            waiting -= open.waiting.length;
            open.waiting = [];
          }
        } else if (kind === KIND.flowEndAtNext) {
          const next = open.beginningAt(start);
          if (next !== undefined) {
            if (bind(rows, at, next)) continue;
          } else if (waiting < MAX_FLOWS) {
            open.waiting.push(rows.slice(at, at + WIDTH));
            waiting++;
            continue;
          }
        } else if (open.nesting.depth > 0) {
          const isEnded = open.nesting.end < Number.POSITIVE_INFINITY;
          if (bind(rows, at, open.innermost(), isEnded)) continue;
          // Perfetto's format has points of flows on instants, too.
        } else if (open.instant[0] === start && bind(rows, at, open.instant)) continue;
      }
      copyRow(again, rows, at);
    }
    yield;
  }
  for (const open of threads.values()) for (const row of open.waiting) copyRow(again, row, 0);
}

/** What a flow goes on from: its last point that was no end. */
interface Origin {
  /** Since when it is there. */
  readonly begun: number;
  /** The keys of its slice, if it lies in one. */
  readonly slice: readonly number[] | undefined;
  readonly ends: number;
}

/** How a point is written. */
interface Bound {
  readonly atEnd: number;
  readonly ends: number;
  /** The slice to which a start has to be added: its flow has ended, and goes on from there by another id. */
  readonly from: readonly number[] | undefined;
}

/**
 * Who reads a trace takes the points of a flow in the order of their events. In Chrome's format a flow may end
 * several times, each time coming from the last point that was no end; in Perfetto's, an end closes it.
 */
class Flows {
  readonly #open = new Map<number, Origin>();
  /** Those that have ended, and may do so again. */
  readonly #ended = new Map<number, Origin>();

  /**
   * A point in a slice of these keys; undefined where that has begun too soon, for a step, and for an end if
   * the slice has none: they stay moments.
   */
  take(
    flow: number,
    kind: number,
    slice: ArrayLike<number>,
    time: number,
    isEnded: boolean,
  ): Bound | undefined {
    const isEnd = kind >= KIND.flowEnd;
    const ended = kind === KIND.flowStart ? undefined : this.#ended.get(flow);
    const before = kind === KIND.flowStart ? undefined : (this.#open.get(flow) ?? ended);
    const { begun = Number.NEGATIVE_INFINITY, ends = 0 } = before ?? {};
    const isInTime = slice[0] >= begun;
    const from = ended?.slice;
    if (isEnd && before !== undefined) this.#end(flow, { ...before, ends: ends + 1 });
    else if (!isEnd) {
      const keys = isInTime ? Array.from(slice) : undefined;
      this.#begin(flow, { begun: isInTime ? slice[0] : time, slice: keys, ends });
    }
    if (!isInTime && !(isEnd && isEnded)) return undefined;
    return { atEnd: isInTime ? AT_BEGIN : AT_END, ends, from };
  }

  #begin(flow: number, origin: Origin): void {
    this.#ended.delete(flow);
    if (this.#open.size >= MAX_FLOWS) this.#open.clear();
    this.#open.set(flow, origin);
  }

  #end(flow: number, origin: Origin): void {
    this.#open.delete(flow);
    if (this.#ended.size >= MAX_ENDED) this.#ended.clear();
    this.#ended.set(flow, origin);
  }
}

function copyRow(to: SpillSorter<RowColumn>, rows: Float64Array, at: number): void {
  const place = to.place();
  const { values } = to;
  for (let i = 0; i < WIDTH; i++) values[place + i] = rows[at + i];
}
