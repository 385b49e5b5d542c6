import { MAX_DEPTH } from '../../trace-event/numbers.js';
import { isAsync, isFlow } from '../../trace-event/phases.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { type ProcessOrThread, type TimedEvent, threadKey } from './timed-event.js';
import { phaseNumber, phaseOf, type TrackPhase } from './track-phases.js';

/**
 * An event on a thread's track. `thread` is a number of {@link ThreadTimeline.threadIds}; `name` and
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
  /** What ended it, if that is an event of its own. */
  readonly endedBy: ThreadEvent | undefined;
  /** Nanoseconds. Infinity where it was never ended. */
  readonly end: number;
  /** Nanoseconds in which no slice inside it ran. Infinity where it was never ended. */
  readonly self: number;
  readonly parent: ThreadEvent | undefined;
  readonly depth: number;
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
  /** Takes a slice; inner ones come before those around them. */
  slice?(slice: Slice): void;
  /** Takes a time in which some slice was open. `end` is Infinity if it was never ended. */
  busy?(thread: number, start: number, end: number): void;
  problem?(rule: ThreadRule, event: ThreadEvent, other: ThreadEvent | undefined): void;
}

interface Open {
  readonly event: ThreadEvent;
  /** Infinity for a begin. */
  readonly end: number;
  /** The first known end among this slice and those around it: it cannot be open longer. */
  limit: number;
  /** Nanoseconds in which slices inside it ran. */
  inside: number;
}

/** The slices of all threads, as Perfetto makes them out of X, B and E events. */
export class ThreadTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    sortedBy: ['thread', 'start', 'rank', 'minusEnd', 'index'],
    others: ['phase', 'name', 'category', 'offset'],
  });
  readonly #threads = new Map<string, number>();
  readonly #threadIds: (readonly [pid: ProcessOrThread, tid: ProcessOrThread])[] = [];

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Takes an event. One that stands on no thread's track is passed over. */
  add({ ph, name, cat, pid, tid, start, end, index, offset }: TimedEvent): void {
    const phase = phaseNumber(ph);
    if (phase < 0 || isAsync(ph)) return;
    this.#sorter.add({
      thread: this.#thread(pid, tid),
      start,
      // As Perfetto sorts events of one time: ends, then slices and instants, the longest first.
      // Behind them flow points, which may belong to a slice that begins there.
      rank: ph === 'E' ? 0 : isFlow(ph) ? 2 : 1,
      minusEnd: -end,
      index,
      phase,
      name: this.#strings.number(name),
      category: this.#strings.number(cat),
      offset,
    });
  }

  /** pid and tid of a thread's number. */
  threadIds(thread: number): readonly [pid: ProcessOrThread, tid: ProcessOrThread] {
    return this.#threadIds[thread];
  }

  /** Goes over all events, thread by thread, in the order of time. Can be called once. */
  replay(visitor: ThreadVisitor): void {
    let track: ThreadTrack | undefined;
    let group: ThreadEvent[] = [];
    for (const row of this.#sorter.sorted()) {
      const { thread, start, minusEnd, index, phase, name, category, offset } = row;
      const [first] = group;
      if (first !== undefined && (first.start !== start || first.thread !== thread)) {
        track?.take(group);
        group = [];
      }
      if (first?.thread !== thread) {
        track?.finish();
        track = new ThreadTrack(visitor);
      }
      const end = -minusEnd;
      group.push({ thread, start, end, phase: phaseOf(phase), name, category, index, offset });
    }
    track?.take(group);
    track?.finish();
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }

  #thread(pid: ProcessOrThread, tid: ProcessOrThread): number {
    const key = threadKey(pid, tid);
    let thread = this.#threads.get(key);
    if (thread === undefined) {
      thread = this.#threadIds.length;
      this.#threads.set(key, thread);
      this.#threadIds.push([pid, tid]);
    }
    return thread;
  }
}

/** The track of one thread, filled in the order of time. */
class ThreadTrack {
  readonly #visitor: ThreadVisitor;
  readonly #stack: Open[] = [];
  /** The last end of a slice that overlaps others, so that it is not on the stack. */
  #stray = Number.NEGATIVE_INFINITY;
  /** Whether it was reported that slices lie too deep. */
  #tooDeep = false;
  /** The slice since which some slice was always open, and the last end of those that are over. */
  #busyFrom: ThreadEvent | undefined;
  #busyTo = Number.NEGATIVE_INFINITY;

  constructor(visitor: ThreadVisitor) {
    this.#visitor = visitor;
  }

  /** Takes the events of one moment. */
  take(group: readonly ThreadEvent[]): void {
    const [{ start }] = group;
    this.#advance(start);
    const empty = new EmptySlices(group);
    let previous: ThreadEvent | undefined;
    for (const event of group) {
      if (event.phase === 'E') this.#end(event, empty);
      else if (isFlow(event.phase)) {
        const covered = this.#stack.length > 0 || start < this.#stray;
        if (!covered) this.#problem('flow-outside-slice', event);
      } else {
        if (previous !== undefined) this.#problem('equal-timestamps', ...inOrder(previous, event));
        previous = event;
        // A slice without a length is over before the next event of the same moment.
        this.#advance(start);
        if (event.phase === 'X') this.#complete(event);
        else if (event.phase === 'B' && !empty.ended.has(event))
          this.#push(event, Number.POSITIVE_INFINITY);
      }
    }
  }

  finish(): void {
    this.#advance(Number.POSITIVE_INFINITY);
    for (let at = this.#stack.length - 1; at >= 0; at--) this.#close(at, Number.POSITIVE_INFINITY);
    this.#rest();
  }

  /** A slice begins. If none was open before it, the thread was idle until now. */
  #work(event: ThreadEvent): void {
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

  #complete(event: ThreadEvent): void {
    if (event.end <= (this.#stack.at(-1)?.limit ?? event.end)) {
      this.#push(event, event.end);
      return;
    }
    const around = this.#stack.findLast(({ end }) => end < event.end);
    this.#problem('slice-overlap', event, around?.event);
    this.#stray = Math.max(this.#stray, event.end);
    this.#emit(event, event.end, 0, this.#stack.length - 1, undefined);
  }

  #push(event: ThreadEvent, end: number): void {
    this.#work(event);
    const limit = Math.min(end, this.#stack.at(-1)?.limit ?? Number.POSITIVE_INFINITY);
    this.#stack.push({ event, end, limit, inside: 0 });
    if (this.#stack.length <= MAX_DEPTH || this.#tooDeep) return;
    this.#tooDeep = true;
    this.#problem('slice-depth', event);
  }

  /** Ends the slices whose known end is not later than this time. */
  #advance(time: number): void {
    const stack = this.#stack;
    while (stack.length > 0 && stack[stack.length - 1].limit <= time) {
      // The slice that ends first. Normally it is the innermost.
      let at = stack.length - 1;
      while (stack[at].end !== stack[stack.length - 1].limit) at--;
      for (const { event } of stack.slice(at + 1)) {
        this.#problem('slice-overlap', event, stack[at].event);
      }
      this.#close(at, stack[at].end);
    }
  }

  #end(event: ThreadEvent, empty: EmptySlices): void {
    const begun = empty.end(event);
    if (begun !== undefined) {
      this.#problem('zero-length-begin-end', event, begun);
      this.#work(begun);
      this.#emit(begun, event.start, 0, this.#stack.length - 1, event);
      return;
    }
    const at = this.#stack.findLastIndex(({ end }) => end === Number.POSITIVE_INFINITY);
    const begin = this.#stack[at];
    if (begin === undefined) {
      this.#problem('end-without-begin', event);
      return;
    }
    for (const inner of this.#stack.slice(at + 1)) {
      this.#problem('slice-overlap', inner.event, begin.event);
    }
    if (begin.event.name !== event.name || begin.event.category !== event.category) {
      this.#problem('begin-end-mismatch', event, begin.event);
    }
    this.#close(at, event.start, event);
  }

  /** Takes a slice from the stack. Normally it is the last. */
  #close(at: number, end: number, endedBy?: ThreadEvent): void {
    const [{ event, inside }] = this.#stack.splice(at, 1);
    for (let i = at; i < this.#stack.length; i++) {
      const around = this.#stack[i - 1]?.limit ?? Number.POSITIVE_INFINITY;
      this.#stack[i].limit = Math.min(this.#stack[i].end, around);
    }
    const parent = this.#stack[at - 1];
    if (parent !== undefined && end !== Number.POSITIVE_INFINITY)
      parent.inside += end - event.start;
    this.#emit(event, end, inside, at - 1, endedBy);
  }

  #emit(
    event: ThreadEvent,
    end: number,
    inside: number,
    parentAt: number,
    endedBy: ThreadEvent | undefined,
  ): void {
    if (end > this.#busyTo) this.#busyTo = end;
    const parent = this.#stack[parentAt]?.event;
    const self = Math.max(0, end - event.start - inside);
    this.#visitor.slice?.({ event, endedBy, end, self, parent, depth: parentAt + 1 });
  }
}

/**
 * Among the events of one moment, the begins that also end in it. Their ends are sorted before
 * them, so the stack cannot match the two.
 */
class EmptySlices {
  readonly ended = new Set<ThreadEvent>();
  readonly #group: readonly ThreadEvent[];
  /** Begins by name and category, the last one in the file first. Made only if there is an end. */
  #begins: Map<string, ThreadEvent[]> | undefined;

  constructor(group: readonly ThreadEvent[]) {
    this.#group = group;
  }

  /**
   * The begin of this moment that the event ends: of those with its name and category the first in
   * the file. Undefined if there is none, or it stands behind the event.
   */
  end(event: ThreadEvent): ThreadEvent | undefined {
    this.#begins ??= this.#sort();
    const begins = this.#begins.get(keyOf(event));
    const begin = begins?.at(-1);
    if (begin === undefined || begin.index > event.index) return undefined;
    this.ended.add(begin);
    begins?.pop();
    return begin;
  }

  #sort(): Map<string, ThreadEvent[]> {
    const begins = new Map<string, ThreadEvent[]>();
    for (const event of this.#group.toReversed()) {
      if (event.phase !== 'B') continue;
      const key = keyOf(event);
      const same = begins.get(key);
      if (same === undefined) begins.set(key, [event]);
      else same.push(event);
    }
    return begins;
  }
}

function keyOf({ name, category }: ThreadEvent): string {
  return `${name} ${category}`;
}

/** The later one in the file first. */
function inOrder(a: ThreadEvent, b: ThreadEvent): [later: ThreadEvent, earlier: ThreadEvent] {
  return a.index < b.index ? [b, a] : [a, b];
}
