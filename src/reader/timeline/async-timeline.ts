import { OpenBegins } from './open-begins.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { type AsyncRole, hash, type TimedEvent } from './timed-event.js';
import { type AsyncPhase, phaseNumber, phaseOf } from './track-phases.js';

/** Rows of a step. */
const STEP_ROWS = 1024;

/**
 * An event of an async operation. `name`, `category` and `pid` are numbers of the string table that
 * the timeline was given.
 */
export interface AsyncPoint {
  readonly start: number;
  readonly index: number;
  readonly phase: AsyncPhase;
  readonly name: number;
  readonly category: number;
  readonly pid: number;
  readonly offset: number;
  /** The same number for all events of a track. */
  readonly track: number;
}

export interface AsyncOperation {
  readonly begin: AsyncPoint;
  /** Begin of the operation that it lies in: of those on its track, the innermost that ends later. */
  readonly parent: AsyncPoint | undefined;
  readonly endedBy: AsyncPoint | undefined;
  /** Nanoseconds. Infinity where it was never ended. */
  readonly end: number;
  /** Places in the list of the instants in it, where they are wanted. */
  readonly instants: readonly number[];
}

export type AsyncRule =
  | 'async-id-shared'
  | 'async-instant-outside'
  | 'async-end-without-begin'
  | 'async-overlap';

export interface AsyncVisitor {
  /** Whether operations come with the instants in them: they are held until these end. */
  readonly wantsInstants?: boolean;
  operation?(operation: AsyncOperation): void;
  problem?(rule: AsyncRule, event: AsyncPoint, other: AsyncPoint | undefined): void;
}

/**
 * The async operations of a trace. Those of one (cat, id) share a track, and nest there as a stack. An
 * id is that of all processes, unless it is `id2.local`: so one may end what another has begun.
 */
export class AsyncTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    // A track is known by a hash of its (cat, id), in two halves.
    sortedBy: ['trackHigh', 'trackLow', 'start', 'index'],
    others: ['phase', 'name', 'category', 'pid', 'offset'],
  });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /**
   * Takes an event. One that is of no async operation is passed over.
   *
   * @param category Its own, where another one names its track.
   */
  add(timed: TimedEvent, category = timed.cat): void {
    const { ph, name, pid, start, index, offset, async } = timed;
    if (async === undefined) return;
    const [trackHigh, trackLow] = trackOf(timed, async);
    this.#sorter.add({
      trackHigh,
      trackLow,
      start,
      index,
      phase: phaseNumber(ph),
      name: this.#strings.number(name),
      category: this.#strings.number(category),
      pid: this.#strings.number(String(pid)),
      offset,
    });
  }

  /**
   * Goes over all tracks, each in the order of time; inner operations come before those around them.
   * Can be called once.
   */
  replay(visitor: AsyncVisitor): void {
    for (const _ of this.replaySteps(visitor));
  }

  /** The same in steps, for those who have to look up from time to time. */
  *replaySteps(visitor: AsyncVisitor): Generator<void, void, undefined> {
    let rows = 0;
    let track: AsyncTrack | undefined;
    let [high, low] = [0, 0];
    for (const row of this.#sorter.sorted()) {
      const { trackHigh, trackLow, start, index, phase, name, category, pid, offset } = row;
      if (track === undefined || trackHigh !== high || trackLow !== low) {
        track?.finish();
        track = new AsyncTrack(visitor, this.#strings.number(''));
        [high, low] = [trackHigh, trackLow];
      }
      const letter = phaseOf(phase) as AsyncPhase;
      const number = numberOf(high, low);
      track.take({ start, index, phase: letter, name, category, pid, offset, track: number });
      if (++rows % STEP_ROWS === 0) yield;
    }
    track?.finish();
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }
}

/** A track is that of a category and an id; of a process, and of a name, where only these make it one. */
function trackOf({ cat, pid, name }: TimedEvent, { id, local, old }: AsyncRole): HashedTrack {
  // With their lengths before them, no two lists of texts become one text.
  const process = local ? `p${withLength(pid)}` : '';
  return hash(`${withLength(cat)}${withLength(id)}${process}${old ? withLength(name) : ''}`);
}

/** A text with its length, or a number with a sign of its own: the id 1 is another one than '1'. */
function withLength(value: string | number): string {
  return typeof value === 'string' ? `${value.length} ${value}` : `#${value} `;
}

type HashedTrack = readonly [high: number, low: number];

/** As many bits of a hash as a number holds. */
function numberOf(high: number, low: number): number {
  return (high & 0x1f_ffff) * 2 ** 32 + low;
}

/** The track of an event of an async operation: a number that stands for it. */
export function asyncTrack(timed: TimedEvent, async: AsyncRole): number {
  return numberOf(...trackOf(timed, async));
}

/** An operation that was begun. */
interface Begun {
  readonly point: AsyncPoint;
  /** What it was begun in; once it has ended, what was open around it then. */
  around: Begun | undefined;
  ended: boolean;
  instants: number[] | undefined;
}

const NO_INSTANTS: readonly number[] = [];

class AsyncTrack {
  readonly #visitor: AsyncVisitor;
  readonly #open = new OpenBegins<Begun>();
  /** The same by name. */
  readonly #named = new Map<number, Begun[]>();
  readonly #none: number;

  constructor(visitor: AsyncVisitor, none: number) {
    this.#visitor = visitor;
    this.#none = none;
  }

  take(event: AsyncPoint): void {
    if (event.phase === 'b') this.#begin(event);
    else if (this.#open.last === undefined) {
      const rule = event.phase === 'n' ? 'async-instant-outside' : 'async-end-without-begin';
      this.#visitor.problem?.(rule, event, undefined);
    } else if (event.phase === 'e') this.#end(event);
    else if (this.#visitor.wantsInstants) {
      const { last } = this.#open;
      last.instants ??= [];
      last.instants.push(event.index);
    }
  }

  finish(): void {
    for (const begun of [...this.#open].reverse()) {
      this.#emit(begun, undefined, Number.POSITIVE_INFINITY);
    }
  }

  #begin(event: AsyncPoint): void {
    const begun = { point: event, around: this.#open.last, ended: false, instants: undefined };
    this.#open.push(begun);
    const same = this.#named.get(event.name);
    if (same === undefined) this.#named.set(event.name, [begun]);
    else same.push(begun);
  }

  #end(event: AsyncPoint): void {
    const { last } = this.#open;
    // An end without a name is that of the last begin.
    const name = event.name === this.#none ? (last?.point.name ?? this.#none) : event.name;
    const same = this.#named.get(name);
    const begun = same?.pop();
    if (begun === undefined) {
      this.#visitor.problem?.('async-end-without-begin', event, last?.point);
      return;
    }
    // The one before may have been meant: then the two cross.
    if (begun.point.pid !== event.pid && same?.at(-1)?.point.pid === event.pid) {
      this.#visitor.problem?.('async-id-shared', event, begun.point);
    }
    if (begun !== last) this.#visitor.problem?.('async-overlap', event, last?.point);
    this.#open.end(begun);
    this.#emit(begun, event, event.start);
  }

  #emit(begun: Begun, endedBy: AsyncPoint | undefined, end: number): void {
    // What overlaps its parent outlives it, and belongs to what is around both.
    while (begun.around?.ended) begun.around = begun.around.around;
    begun.ended = true;
    const { point: begin, around, instants = NO_INSTANTS } = begun;
    this.#visitor.operation?.({ begin, endedBy, end, parent: around?.point, instants });
  }
}
