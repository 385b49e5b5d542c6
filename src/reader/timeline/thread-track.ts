import { MAX_DEPTH } from '../../trace-event/numbers.js';
import { isFlow } from '../../trace-event/phases.js';
import { TraceReadError } from '../source/read-error.js';
import { OpenBegins, OpenBeginsByKind } from './open-begins.js';
import { Open } from './open-slice.js';
import {
  canBeEnded,
  copyEvent,
  type ReusedEvent,
  type ThreadEvent,
  type ThreadEvents,
  unknownEvent,
} from './thread-events.js';
import { TO_NEXT } from './track-phases.js';

export type { ThreadEvent };

/**
 * Complete events that lie deeper are given to the visitor at once and not kept open, so that nothing nests
 * in them. Perfetto drops them anyway.
 */
const MAX_NESTED = 100_000;

/** Of a nanosecond: times are whole ones. */
const HALF = 0.5;

/** Begins of one thread that are open at once: more are refused. */
const MAX_OPEN = 1_000_000;

/** A bar on a thread's track. */
export interface Slice {
  readonly event: ThreadEvent;
  /** The end of its own, if it has one. */
  readonly endedBy: ThreadEvent | undefined;
  /** The slice around it with which it ends, because its own end is missing or comes too late. */
  readonly endedWith: ThreadEvent | undefined;
  /** Nanoseconds. Infinity where it was never ended. */
  readonly end: number;
  /** Nanoseconds in which no slice inside it ran. Infinity where it was never ended. */
  readonly self: number;
  readonly parent: ThreadEvent | undefined;
  readonly depth: number;
}

export const MAX_CATEGORIES = 2 ** 26;

/** What stands for a name and a category in maps. */
export function keyOf({ name, category }: Pick<ThreadEvent, 'name' | 'category'>): number {
  return name * MAX_CATEGORIES + category;
}

export type ThreadRule =
  | 'equal-timestamps'
  | 'zero-length-begin-end'
  | 'end-without-begin'
  | 'begin-end-mismatch'
  | 'slice-overlap'
  | 'slice-depth'
  | 'flow-outside-slice'
  | 'flow-binding-point';

export interface ThreadVisitor {
  /**
   * Takes a slice; inner ones come before those around them. The object and the events in it are used again
   * after the call, with other values: copy what you keep. Only events that `problem` was told of stay as they
   * are. To make them anew for every slice is half of what a summary costs.
   */
  slice?(slice: Slice): void;
  /** Takes an instant, or a mark, of the thread. It lies in so many slices. */
  instant?(event: ThreadEvent, depth: number): void;
  /** Takes a time in which some slice was open. `end` is Infinity if it was never ended. */
  busy?(thread: number, start: number, end: number): void;
  problem?(rule: ThreadRule, event: ThreadEvent, other: ThreadEvent | undefined): void;
}

type Changing<T> = { -readonly [Field in keyof T]: T[Field] };

/**
 * The track of one thread, filled in the order of time. What is done here is what Perfetto's slice
 * tracker does; where they differ it is said.
 */
export class ThreadTrack {
  readonly #file: string;
  readonly #visitor: ThreadVisitor;
  readonly #events: ThreadEvents;
  readonly #none: number;
  #slice: Changing<Slice> | undefined;
  /** So many of these are open, from the first one on. The others are used when it gets deeper again. */
  #depth = 0;
  readonly #stack: Open[] = [];
  /** Begins that are not ended: all, by name and category, and by each of these alone. */
  readonly #begins = new OpenBegins<Open>();
  readonly #byKey = new OpenBeginsByKind<number, Open>();
  readonly #byName: OpenBeginsByKind<number, Open> | undefined;
  readonly #byCategory: OpenBeginsByKind<number, Open> | undefined;
  /** The outermost slice that was ended while others were open inside it: all of them end with it. */
  #cut: Open | undefined;
  /** A copy of the event before, of those that begin something, where problems are asked for. */
  readonly #previous: ReusedEvent;
  /** Flow points of this moment that no slice encloses. */
  #bare: ReusedEvent[] = [];
  /** Ends of flows outside every slice that lead to the next one. */
  #leading: ReusedEvent[] = [];
  /** The last end of a slice that overlaps others, so that it is not on the stack. */
  #stray = Number.NEGATIVE_INFINITY;
  /** Whether it was reported that slices lie too deep. */
  #tooDeep = false;
  /** The thread of all events. */
  #thread = 0;
  /** Since when some slice was always open, and the last end of those that are over. */
  #busyFrom = Number.NEGATIVE_INFINITY;
  #busyTo = Number.NEGATIVE_INFINITY;

  /**
   * @param events Where the events come from that it takes, and where they go back to.
   * @param none Number of the string table that stands for no name, and for no category.
   * @param hasVagueEnds Whether there may be ends without one of these.
   */
  constructor(
    file: string,
    visitor: ThreadVisitor,
    events: ThreadEvents,
    none: number,
    hasVagueEnds: boolean,
  ) {
    this.#file = file;
    this.#visitor = visitor;
    this.#events = events;
    this.#previous = unknownEvent(Number.NaN);
    this.#none = none;
    if (!hasVagueEnds) return;
    this.#byName = new OpenBeginsByKind();
    this.#byCategory = new OpenBeginsByKind();
  }

  take(event: ReusedEvent): void {
    const { phase, start } = event;
    this.#thread = event.thread;
    const isPoint = phase !== 'X' && (isFlow(phase) || phase === TO_NEXT);
    // A point of a flow lies in what ends with it, too.
    const over = isPoint ? start - HALF : start;
    this.#advance(over, phase === 'X' && event.end === start);
    if (this.#bare.length > 0 && this.#bare[0].start !== start) this.#reportBare(undefined);
    if (phase === 'E') this.#end(event);
    else if (isPoint) this.#flow(event);
    else {
      if (this.#visitor.problem !== undefined) this.#compareTimes(event);
      if (phase === 'X') this.#complete(event);
      else if (phase === 'B') this.#push(event, Number.POSITIVE_INFINITY);
      else {
        this.#visitor.instant?.(event, this.#depth);
        this.#events.giveBack(event);
      }
    }
  }

  finish(): void {
    this.#advance(Number.POSITIVE_INFINITY, false);
    this.#reportBare(undefined);
    for (const point of this.#leading) this.#problem('flow-outside-slice', point);
    this.#rest();
  }

  #flow(event: ReusedEvent): void {
    if (this.#depth === 0 && event.start > this.#stray) {
      (event.phase === TO_NEXT ? this.#leading : this.#bare).push(event);
      return;
    }
    if (event.phase === TO_NEXT) this.#problem('flow-binding-point', event);
    this.#events.giveBack(event);
  }

  #compareTimes(event: ReusedEvent): void {
    const previous = this.#previous;
    if (previous.start === event.start) {
      this.#visitor.problem?.('equal-timestamps', ...inOrder({ ...previous }, event));
      event.isKept = true;
    }
    copyEvent(event, previous);
  }

  /** A slice begins. If none was open before it, the thread was idle until now. */
  #work(event: ReusedEvent): void {
    if (this.#bare.length > 0) this.#reportBare(event);
    if (this.#leading.length > 0) {
      for (const point of this.#leading) this.#events.giveBack(point);
      this.#leading = [];
    }
    if (this.#depth > 0 || event.start <= this.#busyTo) return;
    this.#rest();
    this.#busyFrom = event.start;
  }

  #rest(): void {
    if (this.#busyFrom === Number.NEGATIVE_INFINITY) return;
    this.#visitor.busy?.(this.#thread, this.#busyFrom, this.#busyTo);
  }

  #problem(rule: ThreadRule, event: ReusedEvent, other?: ReusedEvent): void {
    if (this.#visitor.problem === undefined) return;
    event.isKept = true;
    if (other !== undefined) other.isKept = true;
    this.#visitor.problem(rule, event, other);
  }

  /** @param next What begins in the moment of the points, but behind them: they were meant to lie in it. */
  #reportBare(next: ReusedEvent | undefined): void {
    for (const point of this.#bare) this.#problem('flow-outside-slice', point, next);
    this.#bare = [];
  }

  /** The innermost slice that is open. */
  get #top(): Open | undefined {
    return this.#depth === 0 ? undefined : this.#stack[this.#depth - 1];
  }

  #complete(event: ReusedEvent): void {
    // The ends of its moment have all come: what is still open ended with the slice around it.
    if (this.#top?.first.end === event.start && event.end > event.start) {
      this.#advance(event.start + HALF, false);
    }
    const top = this.#top;
    const overlaps = top !== undefined && event.end > top.first.end;
    if (!overlaps && this.#depth < MAX_NESTED) {
      this.#push(event, event.end);
      return;
    }
    if (overlaps) this.#problem('slice-overlap', event, top.first.event);
    this.#stray = Math.max(this.#stray, event.end);
    if (event.end > this.#busyTo) this.#busyTo = event.end;
    const self = event.end - event.start;
    this.#emit(event, undefined, undefined, event.end, self, top?.event, this.#depth);
    this.#events.giveBack(event);
  }

  #emit(
    event: ThreadEvent,
    endedBy: ThreadEvent | undefined,
    endedWith: ThreadEvent | undefined,
    end: number,
    self: number,
    parent: ThreadEvent | undefined,
    depth: number,
  ): void {
    if (this.#visitor.slice === undefined) return;
    this.#slice ??= { event, endedBy, endedWith, end, self, parent, depth };
    const slice = this.#slice;
    slice.event = event;
    slice.endedBy = endedBy;
    slice.endedWith = endedWith;
    slice.end = end;
    slice.self = self;
    slice.parent = parent;
    slice.depth = depth;
    this.#visitor.slice(slice);
  }

  #push(event: ReusedEvent, end: number): void {
    this.#work(event);
    if (this.#depth >= MAX_OPEN) throw tooManyOpen(this.#file, event);
    const around = this.#top?.first;
    const open = this.#openAt(this.#depth++, event);
    open.end = end;
    open.first = around === undefined || end <= around.end ? open : around;
    if (canBeEnded(event)) this.#index(open);
    if (this.#depth <= MAX_DEPTH || this.#tooDeep) return;
    this.#tooDeep = true;
    this.#problem('slice-depth', event);
  }

  /** The object for a slice at that place of the stack. */
  #openAt(at: number, event: ReusedEvent): Open {
    if (at === this.#stack.length) this.#stack.push(new Open(at, event));
    const open = this.#stack[at];
    open.event = event;
    open.endedBy = undefined;
    open.inside = 0;
    return open;
  }

  #index(open: Open): void {
    const { name, category } = open.event;
    this.#begins.push(open);
    this.#byKey.push(keyOf(open.event), open);
    this.#byName?.push(name, open);
    this.#byCategory?.push(category, open);
  }

  #unindex(open: Open): void {
    const { name, category } = open.event;
    this.#begins.end(open);
    this.#byKey.end(keyOf(open.event), open);
    this.#byName?.end(name, open);
    this.#byCategory?.end(category, open);
  }

  /**
   * Ends the slices that are over at this time. A complete event ends at its end, except where a begin
   * is open inside it: then it stays open until its end has passed, and the begin ends with it.
   *
   * @param isEmpty Whether a slice without a length comes: it lies in those of the same moment.
   */
  #advance(time: number, isEmpty: boolean): void {
    if (this.#cut !== undefined && this.#cut.end < time) this.#endCut(this.#cut, time);
    for (let top = this.#top; top !== undefined; top = this.#top) {
      const { end, first } = top;
      if (end > time && first.end >= time) return;
      if (isEmpty && end === time && top.event.start === time) return;
      this.#pop(top, end > first.end ? first : undefined);
    }
  }

  /**
   * When a slice ends, as far as it is known: a begin without an end of its own is over with what is cut
   * around it.
   */
  #knownEnd({ event, at, end }: Open): number {
    const cut = this.#cut;
    return event.phase === 'B' && cut !== undefined && at > cut.at ? Math.min(end, cut.end) : end;
  }

  /** Ends a slice whose end has come while others were open inside it, and those with it. */
  #endCut(cut: Open, time: number): void {
    const stack = this.#stack;
    // Begins end with the innermost slice around them that is over.
    const around: (Open | undefined)[] = [];
    let over: Open | undefined;
    for (let at = cut.at; at < this.#depth; at++) {
      const open = stack[at];
      const limit = open.event.phase === 'X' ? cut : over;
      around.push(limit !== undefined && open.end > limit.end ? limit : undefined);
      if (open.end < time) over = open;
    }
    while (this.#depth > cut.at) this.#pop(stack[this.#depth - 1], around.pop());
  }

  /** An end is that of the last begin that has its name and category, as far as it says these. */
  #end(event: ReusedEvent): void {
    const open = this.#begunBy(event);
    if (open === undefined) {
      this.#problem('end-without-begin', event, this.#begins.last?.event);
      this.#events.giveBack(event);
      return;
    }
    open.end = event.start;
    open.endedBy = event;
    this.#unindex(open);
    if (open === this.#top) this.#pop(open, undefined);
    else if (this.#cut === undefined || open.at < this.#cut.at) this.#cut = open;
  }

  #begunBy(event: ThreadEvent): Open | undefined {
    const { name, category } = event;
    if (category !== this.#none) {
      const begins = name === this.#none ? this.#byCategory : this.#byKey;
      return begins?.last(name === this.#none ? category : keyOf(event));
    }
    return name === this.#none ? this.#begins.last : this.#byName?.last(name);
  }

  /**
   * Takes the last slice from the stack, and gives it to the visitor.
   *
   * @param around The slice around it, if that ends before it.
   */
  #pop(open: Open, around: Open | undefined): void {
    const depth = --this.#depth;
    const { event, endedBy, inside } = open;
    if (around !== undefined) {
      const isLost = event.phase === 'B' && around.endedBy !== undefined;
      this.#problem(isLost ? 'begin-end-mismatch' : 'slice-overlap', event, around.event);
    }
    if (this.#cut === open) this.#cut = undefined;
    // A complete event keeps its length, though Perfetto may cut it.
    const end = event.phase === 'B' ? (around?.end ?? open.end) : open.end;
    const endedWith = around?.event;
    if (endedBy === undefined && canBeEnded(event)) this.#unindex(open);
    if (endedBy?.start === event.start) this.#problem('zero-length-begin-end', endedBy, event);
    if (end > this.#busyTo) this.#busyTo = end;
    const parent = this.#top;
    if (parent !== undefined && end !== Number.POSITIVE_INFINITY) {
      parent.inside += Math.min(end, this.#knownEnd(parent)) - event.start;
    }
    const self = Math.max(0, end - event.start - inside);
    this.#emit(event, endedBy, endedWith, end, self, parent?.event, depth);
    this.#events.giveBack(event);
    if (endedBy !== undefined) this.#events.giveBack(endedBy);
  }
}

function tooManyOpen(file: string, { offset }: ThreadEvent): TraceReadError {
  const problem = `more than ${MAX_OPEN.toLocaleString('en')} begins of one thread are open at once`;
  const remedy = 'Viewers show 512 of them. Write their ends, too, or complete events (X).';
  return new TraceReadError('TRACELANE_TOO_LARGE', file, offset, `${problem}. ${remedy}`);
}

/** The later one in the file first. */
function inOrder(a: ThreadEvent, b: ThreadEvent): [later: ThreadEvent, earlier: ThreadEvent] {
  return a.index < b.index ? [b, a] : [a, b];
}
