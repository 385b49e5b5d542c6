import { MAX_DEPTH } from '../../trace-event/numbers.js';
import { isFlow } from '../../trace-event/phases.js';
import { TraceReadError } from '../source/read-error.js';
import { OpenBegins, OpenBeginsByKind } from './open-begins.js';
import type { TrackPhase } from './track-phases.js';

/** So deep, complete events are given at once, as if nothing were inside them: Perfetto drops them. */
const MAX_NESTED = 100_000;

/** Begins of one thread that are open at once: more are refused. */
const MAX_OPEN = 1_000_000;

/**
 * An event on a thread's track. `thread` is a number of `ThreadTimeline.threadIds()`; `name` and
 * `category` are numbers of the string table that the timeline was given.
 */
export interface ThreadEvent {
  readonly thread: number;
  readonly start: number;
  readonly end: number;
  readonly phase: TrackPhase;
  readonly name: number;
  readonly category: number;
  readonly index: number;
  readonly offset: number;
}

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
  | 'flow-outside-slice';

export interface ThreadVisitor {
  /**
   * Takes a slice; inner ones come before those around them. The object is the same each time, with
   * new values: what is made for every slice anew is half of what a summary costs.
   */
  slice?(slice: Slice): void;
  /** Takes a time in which some slice was open. `end` is Infinity if it was never ended. */
  busy?(thread: number, start: number, end: number): void;
  problem?(rule: ThreadRule, event: ThreadEvent, other: ThreadEvent | undefined): void;
}

type Changing<T> = { -readonly [Field in keyof T]: T[Field] };

/** A slice that is not over. */
interface Open {
  readonly event: ThreadEvent;
  /** Its place on the stack. */
  readonly at: number;
  /** Infinity as long as it is not known: for a begin, until its own end was seen. */
  end: number;
  endedBy: ThreadEvent | undefined;
  /** Of itself and the slices around it, the one that ends first, as far as that is known. */
  readonly first: Open;
  /** Nanoseconds in which slices inside it ran. */
  inside: number;
}

/**
 * The track of one thread, filled in the order of time. What is done here is what Perfetto's slice
 * tracker does; where they differ it is said.
 */
export class ThreadTrack {
  readonly #file: string;
  readonly #visitor: ThreadVisitor;
  readonly #none: number;
  #slice: Changing<Slice> | undefined;
  readonly #stack: Open[] = [];
  /** Begins that are not ended: all, by name and category, and by each of these alone. */
  readonly #begins = new OpenBegins<Open>();
  readonly #byKey = new OpenBeginsByKind<number, Open>();
  readonly #byName: OpenBeginsByKind<number, Open> | undefined;
  readonly #byCategory: OpenBeginsByKind<number, Open> | undefined;
  /** The outermost slice that was ended while others were open inside it: all of them end with it. */
  #cut: Open | undefined;
  /** The event before, of those that begin something. */
  #previous: ThreadEvent | undefined;
  /** Flow points of this moment that no slice encloses. */
  #bare: ThreadEvent[] = [];
  /** The last end of a slice that overlaps others, so that it is not on the stack. */
  #stray = Number.NEGATIVE_INFINITY;
  /** Whether it was reported that slices lie too deep. */
  #tooDeep = false;
  /** The slice since which some slice was always open, and the last end of those that are over. */
  #busyFrom: ThreadEvent | undefined;
  #busyTo = Number.NEGATIVE_INFINITY;

  /**
   * @param none Number of the string table that stands for no name, and for no category.
   * @param hasVagueEnds Whether there may be ends without one of these.
   */
  constructor(file: string, visitor: ThreadVisitor, none: number, hasVagueEnds: boolean) {
    this.#file = file;
    this.#visitor = visitor;
    this.#none = none;
    if (!hasVagueEnds) return;
    this.#byName = new OpenBeginsByKind();
    this.#byCategory = new OpenBeginsByKind();
  }

  take(event: ThreadEvent): void {
    const { phase, start } = event;
    this.#advance(start);
    if (this.#bare.length > 0 && this.#bare[0].start !== start) this.#reportBare(undefined);
    if (phase === 'E') this.#end(event);
    else if (isFlow(phase)) {
      if (this.#stack.length === 0 && start >= this.#stray) this.#bare.push(event);
    } else {
      const previous = this.#previous;
      if (previous?.start === start) this.#problem('equal-timestamps', ...inOrder(previous, event));
      this.#previous = event;
      if (phase === 'X') this.#complete(event);
      else if (phase === 'B') this.#push(event, Number.POSITIVE_INFINITY);
    }
  }

  finish(): void {
    this.#advance(Number.POSITIVE_INFINITY);
    this.#reportBare(undefined);
    this.#rest();
  }

  /** A slice begins. If none was open before it, the thread was idle until now. */
  #work(event: ThreadEvent): void {
    if (this.#bare.length > 0) this.#reportBare(event);
    if (this.#stack.length > 0 || event.start <= this.#busyTo) return;
    this.#rest();
    this.#busyFrom = event;
  }

  #rest(): void {
    const from = this.#busyFrom;
    if (from !== undefined) this.#visitor.busy?.(from.thread, from.start, this.#busyTo);
  }

  #problem(rule: ThreadRule, event: ThreadEvent, other?: ThreadEvent): void {
    this.#visitor.problem?.(rule, event, other);
  }

  /** @param next What begins in the moment of the points, but behind them: they were meant to lie in it. */
  #reportBare(next: ThreadEvent | undefined): void {
    for (const point of this.#bare) this.#problem('flow-outside-slice', point, next);
    this.#bare = [];
  }

  #complete(event: ThreadEvent): void {
    const first = this.#stack.at(-1)?.first;
    const overlaps = first !== undefined && event.end > first.end;
    if (!overlaps && this.#stack.length < MAX_NESTED) {
      this.#push(event, event.end);
      return;
    }
    if (overlaps) this.#problem('slice-overlap', event, first.event);
    this.#stray = Math.max(this.#stray, event.end);
    if (event.end > this.#busyTo) this.#busyTo = event.end;
    const self = event.end - event.start;
    const parent = this.#stack.at(-1)?.event;
    this.#emit(event, undefined, undefined, event.end, self, parent, this.#stack.length);
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

  #push(event: ThreadEvent, end: number): void {
    this.#work(event);
    const stack = this.#stack;
    if (stack.length >= MAX_OPEN) throw tooManyOpen(this.#file, event);
    const around = stack.at(-1)?.first;
    const open: Changing<Open> = {
      event,
      at: stack.length,
      end,
      endedBy: undefined,
      first: around as Open,
      inside: 0,
    };
    if (around === undefined || end <= around.end) open.first = open;
    stack.push(open);
    if (event.phase === 'B') this.#index(open);
    if (stack.length <= MAX_DEPTH || this.#tooDeep) return;
    this.#tooDeep = true;
    this.#problem('slice-depth', event);
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
   */
  #advance(time: number): void {
    const stack = this.#stack;
    if (this.#cut !== undefined && this.#cut.end < time) this.#endCut(this.#cut, time);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { end, first } = top;
      if (end > time && first.end >= time) return;
      this.#pop(top, end > first.end ? first : undefined);
    }
  }

  /** Ends a slice whose end has come while others were open inside it, and those with it. */
  #endCut(cut: Open, time: number): void {
    const stack = this.#stack;
    // Begins end with the innermost slice around them that is over.
    const around: (Open | undefined)[] = [];
    let over: Open | undefined;
    for (let at = cut.at; at < stack.length; at++) {
      const open = stack[at];
      const limit = open.event.phase === 'X' ? cut : over;
      around.push(limit !== undefined && open.end > limit.end ? limit : undefined);
      if (open.end < time) over = open;
    }
    while (stack.length > cut.at) this.#pop(stack[stack.length - 1], around.pop());
  }

  /** An end is that of the last begin that has its name and category, as far as it says these. */
  #end(event: ThreadEvent): void {
    const open = this.#begunBy(event);
    if (open === undefined) {
      this.#problem('end-without-begin', event, this.#begins.last?.event);
      return;
    }
    open.end = event.start;
    open.endedBy = event;
    this.#unindex(open);
    if (open === this.#stack.at(-1)) this.#pop(open, undefined);
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
    const stack = this.#stack;
    stack.pop();
    const { event, endedBy, inside } = open;
    if (around !== undefined) {
      const isLost = event.phase === 'B' && around.endedBy !== undefined;
      this.#problem(isLost ? 'begin-end-mismatch' : 'slice-overlap', event, around.event);
    }
    if (this.#cut === open) this.#cut = undefined;
    // A complete event keeps its length, though Perfetto may cut it.
    const end = event.phase === 'B' ? (around?.end ?? open.end) : open.end;
    const endedWith = around?.event;
    if (endedBy === undefined && event.phase === 'B') this.#unindex(open);
    if (endedBy?.start === event.start) this.#problem('zero-length-begin-end', endedBy, event);
    if (end > this.#busyTo) this.#busyTo = end;
    const parent = stack.at(-1);
    if (parent !== undefined && end !== Number.POSITIVE_INFINITY) {
      parent.inside += Math.min(end, parent.end) - event.start;
    }
    const self = Math.max(0, end - event.start - inside);
    const depth = stack.length;
    this.#emit(event, endedBy, endedWith, end, self, parent?.event, depth);
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
