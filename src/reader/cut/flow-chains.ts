import { splitFlowId } from '../../trace-event/ids.js';
import { FLOW } from '../../trace-event/perfetto.js';
import { SpillSorter } from '../timeline/spill-sorter.js';
import type { StringTable } from '../timeline/string-table.js';
import type { TimedEvent } from '../timeline/timed-event.js';

/** One flow: its points, in the order of time, each with the thread that it is on. */
export interface Chain {
  readonly indices: readonly number[];
  readonly starts: readonly number[];
  readonly threads: readonly number[];
  /**
   * Whether the start, or all but one point, is on threads that are left out: these points are not in the
   * lists.
   */
  readonly isBroken: boolean;
}

/** A flow with more points is taken as several: only what is in the memory can be kept or left as a whole. */
const MAX_POINTS = 100_000;

/** The flows of a trace, one after the other: from a start to the last point before the next start. */
export class FlowChains {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    sortedBy: ['idHigh', 'idLow', 'kind', 'start', 'index'],
    others: ['thread', 'isStart', 'isEnd', 'isLeftOut'],
  });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Takes a point of a flow. One without an id that viewers read is passed over. */
  add({ name, cat, start, index, flow }: TimedEvent, thread: number, isLeftOut: boolean): void {
    if (flow?.phase === undefined || flow.id === undefined) return;
    const [idHigh, idLow] = splitFlowId(flow.id);
    const kind = this.#strings.number(flow.bound ? '' : JSON.stringify([cat, name]));
    this.#sorter.add({
      ...{ idHigh, idLow, kind, start, index, thread },
      isStart: flow.phase === 's' ? 1 : 0,
      isEnd: flow.phase === 'f' ? 1 : 0,
      isLeftOut: isLeftOut ? 1 : 0,
    });
  }

  /**
   * Can be called once.
   *
   * @param isPerfetto In files of Perfetto's format a point says only whether it ends its flow, as
   *   `FlowTimeline` has it: the first one starts it, and the first behind an end.
   */
  *chains(isPerfetto: boolean): Generator<Chain> {
    let points = new Points();
    let [high, low, kind] = [-1, -1, -1];
    let isOpen = false;
    const untold = this.#strings.number(JSON.stringify([FLOW, FLOW]));
    for (const row of this.#sorter.sorted()) {
      const isOther = row.idHigh !== high || row.idLow !== low || row.kind !== kind;
      if (isOther) isOpen = false;
      const isUntold = isPerfetto && row.kind === untold;
      // What comes behind an end is of another flow, also where it is an end itself: that one has no start.
      const isNew = isUntold ? !isOpen : row.isStart === 1;
      const isStart = isNew && row.isEnd === 0;
      isOpen = row.isEnd === 0;
      if (isOther || isNew || points.indices.length === MAX_POINTS) {
        if (points.indices.length > 0) yield points;
        points = new Points();
        [high, low, kind] = [row.idHigh, row.idLow, row.kind];
      }
      points.add(row, isStart);
    }
    if (points.indices.length > 0) yield points;
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }
}

interface Point {
  readonly index: number;
  readonly start: number;
  readonly thread: number;
  readonly isLeftOut: number;
}

class Points implements Chain {
  readonly indices: number[] = [];
  readonly starts: number[] = [];
  readonly threads: number[] = [];
  #losesStart = false;
  #leftOut = 0;

  get isBroken(): boolean {
    return this.#losesStart || (this.#leftOut > 0 && this.indices.length === 1);
  }

  add({ index, start, thread, isLeftOut }: Point, isStart: boolean): void {
    if (isLeftOut === 1) {
      this.#leftOut++;
      if (isStart) this.#losesStart = true;
      return;
    }
    this.indices.push(index);
    this.starts.push(start);
    this.threads.push(thread);
  }
}
