import type { TrackPhase } from './track-phases.js';

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

/** When a complete event without a duration ends: it is longer than all else, and no end is that of it. */
export const UNFINISHED: number = Number.MAX_VALUE;

/** The same, as the track uses it: again and again for other events. */
export type ReusedEvent = { -readonly [Field in keyof ThreadEvent]: ThreadEvent[Field] } & {
  /** Whether somebody else may have kept it, so that it must not change any more. */
  isKept: boolean;
};

/**
 * The objects that stand for events while a track is gone over: as many as are open at once. With one
 * for each event of a trace, a third of the time went to making and collecting them.
 */
export class ThreadEvents {
  readonly #free: ReusedEvent[] = [];

  /** An event of which nothing is known yet. */
  any(): ReusedEvent {
    return this.#free.pop() ?? unknownEvent(0);
  }

  /** Takes an event back that is over: the object becomes another event. */
  giveBack(event: ReusedEvent): void {
    if (!event.isKept) this.#free.push(event);
  }
}

export function copyEvent(from: ThreadEvent, to: ReusedEvent): void {
  to.thread = from.thread;
  to.start = from.start;
  to.end = from.end;
  to.phase = from.phase;
  to.name = from.name;
  to.category = from.category;
  to.index = from.index;
  to.offset = from.offset;
}

/** An event of which no more is known than when it is. */
export function unknownEvent(start: number): ReusedEvent {
  return {
    thread: 0,
    start,
    end: 0,
    phase: 'X',
    name: 0,
    category: 0,
    index: 0,
    offset: 0,
    isKept: false,
  };
}

/** Whether ends are looked for: not for a complete event whose duration is missing. */
export function canBeEnded({ phase, end }: ThreadEvent): boolean {
  return phase === 'B' && end !== UNFINISHED;
}
