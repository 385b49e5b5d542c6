import type { TraceFacts } from '../source/entries.js';
import type { AsyncPoint } from '../timeline/async-timeline.js';
import type { Slice, ThreadEvent, ThreadRule } from '../timeline/thread-track.js';
import type { CutOptions } from './cut-options.js';
import type { FirstLook } from './first-look.js';
import { MomentsByThread } from './intervals-by-thread.js';
import { gradeOf, MARK } from './marks.js';
import { PointsByThread } from './points-by-thread.js';
import { BESIDE, trackOfThread } from './sample.js';
import { LONG_TICK } from './trees.js';

/** In place of the thread of an operation, which is of none. */
const NO_THREAD = -1;

/** What of a trace is kept by its time, and how marks tell it. */
export interface Range {
  /** Nanoseconds of the scale of the first look. */
  readonly from: number;
  readonly to: number;
  /** The files are split at these times: one more file than times. */
  readonly bounds: readonly number[];
}

/** A slice, an operation or an instant, as far as it matters. */
export interface Judged {
  readonly index: number;
  readonly name: string;
  readonly category: string;
  readonly start: number;
  /** Infinity for what was never ended. */
  readonly end: number;
  readonly thread: number;
  /** Whether it has no duration that could be too short. */
  readonly isInstant?: boolean;
}

/**
 * Decides what is kept. What has its other half elsewhere (a begin, an operation, a flow) is decided
 * when the first look is over, and marked; everything else when it is read again.
 */
export class Judge {
  readonly range: Range;
  readonly #options: CutOptions;
  readonly #look: FirstLook;
  /** Where arrows that are kept leave or arrive outside of the range: what lies around is kept, too. */
  readonly #farEnds = new MomentsByThread();
  /** Points of arrows, where there are several files: each goes in that of the slice around it. */
  readonly #points = new PointsByThread();
  /** Whether nothing is left out but for its time, or its thread or process. */
  readonly #keepsAllKinds: boolean;
  flowsLeftOut = 0;

  constructor(look: FirstLook, range: Range, options: CutOptions) {
    this.#look = look;
    this.range = range;
    this.#options = options;
    const { name, category, minDuration, depth, request, sample, maxSize } = options;
    const others = [name, category, minDuration, depth, request, sample, maxSize];
    this.#keepsAllKinds = others.every((option) => option === undefined);
  }

  /** Whether something is in the range that lasts from here to there. */
  isInRange(start: number, end: number): boolean {
    return start <= this.range.to && end >= this.range.from;
  }

  /** Whether a block of events with these times may hold something that is kept and not marked. */
  mayKeep(earliest: number, latest: number): boolean {
    return this.isInRange(earliest, latest) || this.#farEnds.isAnyIn(earliest, latest);
  }

  get hasFarEnds(): boolean {
    return this.#farEnds.count > 0;
  }

  /** Whether an arrow that is kept leaves or arrives on a thread in a time out of the range. */
  hasFarEndIn(thread: number, start: number, end: number): boolean {
    return this.#farEnds.isIn(thread, start, end);
  }

  /** Marks what has its other half elsewhere. */
  markPairs({ name: file, isPerfetto }: TraceFacts): void {
    this.#markCounters();
    this.#markFlows(isPerfetto);
    this.#markSlices(file);
    this.#markOperations();
    this.#look.sample?.settle();
  }

  /** Whether a slice or an instant is kept that says itself when it was. */
  keeps(judged: Judged): boolean {
    const { index, start, end, thread } = judged;
    const mark = this.#look.blocks.markOf(index);
    if (mark === MARK.drop) return false;
    if (this.#options.request !== undefined && mark === MARK.none) return false;
    if (mark === MARK.none && this.#look.sample?.holds(thread, start) === false) return false;
    if (!this.#isAskedFor(judged)) return false;
    return this.isInRange(start, end) || this.hasFarEndIn(thread, start, end);
  }

  /** Whether a value of a counter is kept. */
  keepsValue(index: number, name: string, category: string, start: number): boolean {
    if (this.#options.request !== undefined || !this.#isNamed(name, category)) return false;
    return this.isInRange(start, start) || this.#look.blocks.markOf(index) >= MARK.first;
  }

  /** In which file something goes that begins at a time. */
  fileOf(start: number): number {
    const { bounds } = this.range;
    let file = 0;
    while (file < bounds.length && start >= bounds[file]) file++;
    return file;
  }

  /**
   * Whether an event is kept that ends nothing, or is of no operation or flow that can be told: by its
   * time.
   */
  keepsAlone(start: number): boolean {
    const { thread, process } = this.#options;
    // Its other half may be on a thread that is left out.
    if (thread !== undefined || process !== undefined) return false;
    return this.#keepsAllKinds && this.isInRange(start, start);
  }

  /** Whether an event is kept whose other half stands elsewhere. */
  hasMark(index: number): boolean {
    return this.#look.blocks.markOf(index) >= MARK.first;
  }

  /** The share of an event that is kept by its mark. */
  shareOfMark(index: number): number {
    return this.#look.blocks.markOf(index) - MARK.first;
  }

  #mark(index: number, start: number, end: number): void {
    this.#look.blocks.mark(index, this.#markFor(start, end));
  }

  #markFor(start: number, end: number): number {
    const { bounds } = this.range;
    return MARK.first + (bounds.length > 0 ? this.fileOf(start) : gradeOf(end - start));
  }

  /** Marks events, or, where only some trees are kept, leaves that until it is known which. */
  #markInTree(indices: readonly number[], track: number, start: number, end: number): void {
    const { blocks, sample } = this.#look;
    const mark = this.#markFor(start, end);
    for (const index of indices) {
      if (sample === undefined) blocks.mark(index, mark);
      else sample.markIfKept(track, start, index, mark);
    }
  }

  #isNamed(name: string, category: string): boolean {
    const { name: keepsName, category: keepsCategory } = this.#options;
    return (keepsName?.(name) ?? true) && (keepsCategory?.(category) ?? true);
  }

  #isAskedFor({ name, category, start, end, thread, isInstant }: Judged): boolean {
    const { minDuration = 0, name: keepsName } = this.#options;
    // Of operations only those of the right categories have come this far.
    if (thread === NO_THREAD && !(keepsName?.(name) ?? true)) return false;
    const isLong = isInstant === true || end - start >= minDuration;
    return isLong && (thread === NO_THREAD || this.#isNamed(name, category));
  }

  /** The values that counters had when the range begins. */
  #markCounters(): void {
    const { from } = this.range;
    if (from === Number.NEGATIVE_INFINITY) return;
    for (const index of this.#look.counters.before(from)) {
      this.#mark(index, from, Number.POSITIVE_INFINITY);
    }
  }

  /**
   * Flows of which a point is in the range, as wholes; none where slices may be left out that they join,
   * or are, with their threads.
   */
  #markFlows(isPerfetto: boolean): void {
    for (const { indices, starts, threads, isBroken } of this.#look.flows.chains(isPerfetto)) {
      const isIn = starts.map((start) => this.isInRange(start, start));
      if (!isIn.includes(true)) continue;
      if (!this.#keepsAllKinds || isBroken) {
        this.flowsLeftOut++;
        continue;
      }
      for (const [i, index] of indices.entries()) {
        this.#mark(index, starts[i], Number.POSITIVE_INFINITY);
        if (this.range.bounds.length > 0) this.#points.add(threads[i], starts[i], index);
        if (!isIn[i]) this.#farEnds.add(threads[i], starts[i]);
      }
    }
  }

  #markSlices(file: string): void {
    const { threads, blocks, sample } = this.#look;
    const { depth = Number.POSITIVE_INFINITY } = this.#options;
    const { strings } = this.#look;
    const [tick, loop] = [strings.number(LONG_TICK.name), strings.number(LONG_TICK.category)];
    const isTick = ({ name, category }: Named) => name === tick && category === loop;
    const visitor = {
      slice: (slice: Slice): void => {
        const { event, endedBy, end, parent, depth: at } = slice;
        const { index, thread, start, phase } = event;
        const track = sample !== undefined && isTick(event) ? BESIDE : trackOfThread(thread);
        if (track === BESIDE) sample?.addTree(track, start, start);
        else if (at === 0 || (at === 1 && parent !== undefined && isTick(parent))) {
          sample?.addTree(track, start, end);
        }
        for (const point of this.#points.take(thread, start, end)) this.#mark(point, start, end);
        if (at >= depth) blocks.mark(index, MARK.drop);
        else if (phase === 'B') {
          this.#markPair({ ...event, ...this.#texts(event), end }, track, endedBy);
        } else if (track === BESIDE) sample?.markIfKept(track, start, index, MARK.inTree);
      },
    };
    const problem = (rule: ThreadRule, { index, start }: ThreadEvent): void => {
      if (rule === 'end-without-begin') this.#markAlone(index, start);
    };
    // To look for problems takes time.
    threads.replay(this.#keepsAllKinds ? { ...visitor, problem } : visitor, file);
  }

  #markOperations(): void {
    const { asyncs, sample } = this.#look;
    asyncs.replay({
      wantsInstants: true,
      operation: ({ begin, endedBy, end, parent, instants }) => {
        const { name, category } = this.#texts(begin);
        const judged = { ...begin, name, category, end, thread: NO_THREAD };
        if (parent === undefined) sample?.addTree(begin.track, begin.start, end);
        this.#markPair(judged, begin.track, endedBy, instants);
      },
      problem: (rule, point) => {
        if (rule === 'async-end-without-begin') this.#markAlone(point.index, point.start);
        else if (rule === 'async-instant-outside') this.#markMoment(point);
      },
    });
  }

  #markAlone(index: number, start: number): void {
    if (this.keepsAlone(start)) this.#mark(index, start, start);
  }

  /** A moment of an operation that is not in the trace is drawn like any other. */
  #markMoment(point: AsyncPoint): void {
    const { index, start } = point;
    const { name, category } = this.#texts(point);
    const mark = this.#look.blocks.markOf(index);
    if (mark === MARK.drop || (this.#options.request !== undefined && mark === MARK.none)) return;
    if (!this.#isNamed(name, category) || !this.isInRange(start, start)) return;
    this.#look.sample?.addTree(point.track, start, start);
    // As an instant, it has no duration that could be too short.
    this.#markInTree([index], point.track, start, Number.POSITIVE_INFINITY);
  }

  #markPair(
    judged: Judged,
    track: number,
    endedBy: Ending | undefined,
    instants: readonly number[] = [],
  ): void {
    const { index, start, end, thread } = judged;
    const { blocks } = this.#look;
    const mark = blocks.markOf(index);
    if (mark === MARK.drop || !this.#isAskedFor(judged)) return;
    if (this.#options.request !== undefined && mark === MARK.none) return;
    if (!this.isInRange(start, end) && !this.hasFarEndIn(thread, start, end)) return;
    const kept = instants.filter((moment) => blocks.markOf(moment) !== MARK.drop);
    const parts = [index, ...(endedBy === undefined ? [] : [endedBy.index]), ...kept];
    this.#markInTree(parts, track, start, end);
  }

  #texts({ name, category }: Named): { readonly name: string; readonly category: string } {
    const { strings } = this.#look;
    return { name: strings.text(name), category: strings.text(category) };
  }
}

/** An event that ends another. */
interface Ending {
  readonly index: number;
}

/** By numbers of the string table. */
interface Named {
  readonly name: number;
  readonly category: number;
}
