import { type FlowPoint, FlowTimeline } from '../../reader/timeline/flow-timeline.js';
import type { StringTable } from '../../reader/timeline/string-table.js';
import type { ThreadTimeline } from '../../reader/timeline/thread-timeline.js';
import type { TimedEvent } from '../../reader/timeline/timed-event.js';
import { type ArrowData, NONE, type SliceData } from '../model/model-data.js';
import { firstAbove, firstFrom } from '../model/search.js';
import { type FileOrder, inFileOrder } from './file-order.js';
import { Growing } from './growing.js';
import type { ThreadLanes } from './thread-slices.js';

/** The flows of a trace, and the slices that they lead from and to. */
export class FlowArrows {
  readonly #timeline: FlowTimeline;
  readonly #threads: ThreadTimeline;
  /**
   * Threads of points by the places of their events in the file; and the points that lead to the next
   * slice.
   */
  readonly #threadOf = new Map<number, number>();
  readonly #toNext = new Set<number>();

  /** @param threads Has the numbers of threads. */
  constructor(strings: StringTable, threads: ThreadTimeline) {
    this.#timeline = new FlowTimeline(strings);
    this.#threads = threads;
  }

  take(event: TimedEvent): void {
    const { flow, index, pid, tid } = event;
    if (flow?.phase === undefined || flow.id === undefined) return;
    this.#timeline.add(event);
    if (flow.bound) return;
    this.#threadOf.set(index, this.#threads.thread(pid, tid));
    if (flow.phase === 'f' && event.event.bp !== 'e') this.#toNext.add(index);
  }

  /**
   * All arrows between slices. A point in no slice has none.
   *
   * @param isPerfetto As `FlowTimeline.replay` has it.
   */
  arrows(slices: SliceData, threads: readonly ThreadLanes[], isPerfetto: boolean): ArrowData {
    const lanes = new Map(threads.map((thread) => [thread.thread, thread]));
    const from = new Growing(Uint32Array);
    const to = new Growing(Uint32Array);
    const starts = new Growing(Float64Array);
    const ends = new Growing(Float64Array);
    const names = new Growing(Uint32Array);
    const last = new Map<object, { readonly slice: number; readonly time: number }>();
    let order: FileOrder | undefined;
    const draw = {
      point: (point: FlowPoint, start: FlowPoint): void => {
        const { bound, index, start: time, offset } = point;
        let slice = NONE;
        if (bound) {
          order ??= inFileOrder(slices.offsets);
          slice = sliceAt(order, offset);
        } else {
          const own = lanes.get(this.#threadOf.get(index) as number);
          const find = this.#toNext.has(index) ? nextSlice : sliceAround;
          if (own !== undefined) slice = find(slices, own, time);
        }
        if (slice === NONE) return;
        const before = point === start ? undefined : last.get(start);
        // Where a flow has gone to, it does not go on from: another end comes from where the first one did.
        if (point.phase !== 'f') last.set(start, { slice, time });
        if (before === undefined || before.slice === slice) return;
        from.push(before.slice);
        to.push(slice);
        starts.push(before.time);
        ends.push(time);
        names.push(start.name);
      },
    };
    this.#timeline.replay(draw, isPerfetto);
    return {
      from: from.values,
      to: to.values,
      starts: starts.values,
      ends: ends.values,
      names: names.values,
    };
  }

  close(): void {
    this.#timeline.close();
  }
}

/** The innermost slice around a time; of those that only end there, too, if there is no other. */
function sliceAround(
  { starts, ends, laneFirst }: SliceData,
  lanes: ThreadLanes,
  time: number,
): number {
  let found = NONE;
  for (let lane = lanes.firstLane; lane < lanes.firstLane + lanes.lanes; lane++) {
    const first = laneFirst[lane];
    const slice = firstAbove(starts, time, first, laneFirst[lane + 1]) - 1;
    if (slice < first || ends[slice] < time) continue;
    if (found === NONE || ends[slice] > time || ends[found] === time) found = slice;
  }
  return found;
}

/** The first slice that begins at a time or behind it; of those that begin at once the outermost. */
function nextSlice({ starts, laneFirst }: SliceData, lanes: ThreadLanes, time: number): number {
  let found = NONE;
  for (let lane = lanes.firstLane; lane < lanes.firstLane + lanes.lanes; lane++) {
    const slice = firstFrom(starts, time, laneFirst[lane], laneFirst[lane + 1]);
    if (slice === laneFirst[lane + 1]) continue;
    if (found === NONE || starts[slice] < starts[found]) found = slice;
  }
  return found;
}

function sliceAt({ slices, offsets }: FileOrder, offset: number): number {
  const place = firstFrom(offsets, offset);
  return offsets[place] === offset ? slices[place] : NONE;
}
