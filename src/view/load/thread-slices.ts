import type {
  Slice,
  ThreadEvent,
  ThreadRule,
  ThreadVisitor,
} from '../../reader/timeline/thread-track.js';
import { NONE } from '../model/model-data.js';
import { Flag } from '../wire/questions.js';
import type { EndPlaces } from './end-places.js';
import { FreeLanes } from './free-lanes.js';
import type { Labels } from './labels.js';
import type { SliceTable } from './slice-table.js';

/** What lies in more others is on no screen. */
export const MAX_LANES = 1024;
/** Stands for a lane that is not known yet. */
const OWN_LANE = 0xffff;

/** Where the slices of a thread are. */
export interface ThreadLanes {
  readonly thread: number;
  readonly firstLane: number;
  readonly lanes: number;
}

/**
 * Puts the slices and the instants of threads into the table, thread by thread, each in the lane of its
 * depth.
 */
export class ThreadSlices implements ThreadVisitor {
  readonly threads: ThreadLanes[] = [];
  /** How many lie too deep. */
  tooDeep = 0;
  readonly #table: SliceTable;
  readonly #labels: Labels;
  readonly #failed: ReadonlySet<number>;
  readonly #ends: EndPlaces;
  readonly #traceEnd: number;
  #thread = -1;
  #first = 0;
  /** The lanes of the thread's slices, from `#first` on. */
  #lanes = new Uint16Array(1024);
  #depth = 0;
  /**
   * Slices come when they end, inner ones first. For each depth, this is the last slice there whose parent has
   * not come yet. In its place among the parents stands the one before it that waits, too, and so on: the next
   * slice to end one level above is the parent of all of them.
   */
  readonly #waiting = new Uint32Array(MAX_LANES + 1).fill(NONE);
  #overlapping: ThreadEvent | undefined;
  #overlaps: number[] = [];

  constructor(
    table: SliceTable,
    labels: Labels,
    failed: ReadonlySet<number>,
    ends: EndPlaces,
    traceEnd: number,
  ) {
    this.#table = table;
    this.#labels = labels;
    this.#failed = failed;
    this.#ends = ends;
    this.#traceEnd = traceEnd;
  }

  problem(rule: ThreadRule, event: ThreadEvent): void {
    if (rule === 'slice-overlap' && event.phase === 'X') this.#overlapping = event;
  }

  slice({ event, end, endedBy, endedWith, depth }: Slice): void {
    if (event.thread !== this.#thread) this.#begin(event.thread);
    const isOver = end !== Number.POSITIVE_INFINITY && end !== Number.MAX_VALUE;
    const overlaps = this.#overlapping === event;
    const isFailed =
      this.#failed.size > 0 &&
      (this.#failed.has(event.index) || (endedBy !== undefined && this.#failed.has(endedBy.index)));
    const flags =
      (isOver ? 0 : Flag.UNFINISHED) |
      (overlaps ? Flag.OVERLAPS : 0) |
      (isFailed ? Flag.FAILED : 0);
    const at = this.#add(event, isOver ? end : this.#traceEnd, flags, depth, overlaps);
    if (at === NONE) return;
    this.#ends.add(event, endedBy);
    const { parents } = this.#table;
    // What only touches others by its begin holds nothing, and lies in nothing.
    if (overlaps && endedWith === undefined) parents[at] = NONE;
    else {
      for (let child = this.#waiting[depth + 1]; child !== NONE; ) {
        const next = parents[child];
        parents[child] = at;
        child = next;
      }
      this.#waiting[depth + 1] = NONE;
      this.#wait(at, depth);
    }
  }

  instant(event: ThreadEvent, depth: number): void {
    if (event.thread !== this.#thread) this.#begin(event.thread);
    const flags = Flag.INSTANT | (this.#failed.has(event.index) ? Flag.FAILED : 0);
    const at = this.#add(event, event.start, flags, depth, false);
    if (at !== NONE) this.#wait(at, depth);
  }

  /** There are no more. */
  finish(): void {
    if (this.#thread < 0) return;
    const { parents } = this.#table;
    // What was never inside of anything.
    for (let depth = 0; depth < this.#waiting.length; depth++) {
      for (let child = this.#waiting[depth]; child !== NONE; ) {
        const next = parents[child];
        parents[child] = NONE;
        child = next;
      }
      this.#waiting[depth] = NONE;
    }
    const lanes = this.#laneOverlaps();
    const firstLane = this.#table.lanes;
    this.#table.sortTrack(this.#first, (slice) => this.#lanes[slice - this.#first], lanes);
    this.threads.push({ thread: this.#thread, firstLane, lanes });
    this.#thread = -1;
  }

  #begin(thread: number): void {
    this.finish();
    this.#thread = thread;
    this.#first = this.#table.count;
    this.#depth = 0;
    this.#overlaps = [];
  }

  #add(event: ThreadEvent, end: number, flags: number, depth: number, overlaps: boolean): number {
    if (depth >= MAX_LANES) {
      this.tooDeep++;
      return NONE;
    }
    const label = this.#labels.number(event);
    const at = this.#table.add(event.start, end, label, event.offset, flags, event.index);
    const place = at - this.#first;
    if (place >= this.#lanes.length) {
      const grown = new Uint16Array(2 * this.#lanes.length);
      grown.set(this.#lanes);
      this.#lanes = grown;
    }
    this.#lanes[place] = overlaps ? OWN_LANE : depth;
    if (overlaps) this.#overlaps.push(at);
    else if (depth >= this.#depth) this.#depth = depth + 1;
    return at;
  }

  #wait(at: number, depth: number): void {
    this.#table.parents[at] = this.#waiting[depth];
    this.#waiting[depth] = at;
  }

  /** Gives lanes below all others to what overlaps. */
  #laneOverlaps(): number {
    const { starts, ends } = this.#table;
    let lanes = this.#depth;
    const free = new FreeLanes(() => Math.min(lanes++, OWN_LANE - 1));
    for (const at of this.#overlaps.sort((a, b) => starts[a] - starts[b] || a - b)) {
      this.#lanes[at - this.#first] = free.take(starts[at], ends[at]);
    }
    return Math.min(lanes, OWN_LANE);
  }
}
