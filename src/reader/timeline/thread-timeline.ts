import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { type ReusedEvent, ThreadEvents } from './thread-events.js';
import { keyOf, MAX_CATEGORIES, ThreadTrack, type ThreadVisitor } from './thread-track.js';
import type { ProcessOrThread, TimedEvent } from './timed-event.js';
import { phaseNumber, phaseOf } from './track-phases.js';

/** So many begins of one moment are looked at when something ends in it. */
const MAX_MOMENT = 64;

/**
 * Their places in a row are those that are written and read below. Two of them hold two numbers, as a
 * narrow row is sorted sooner: the index with the phase, and the name with the category.
 */
const COLUMNS = {
  sortedBy: ['thread', 'start', 'minusEnd', 'indexAndPhase'],
  others: ['key', 'offset'],
} as const;
/** More than there are phases. */
const PHASES = 16;
/** In place of when it ends: for ends that come before all else of their time. */
const FIRST = Number.NEGATIVE_INFINITY;
const WIDTH = COLUMNS.sortedBy.length + COLUMNS.others.length;
const [BEGIN, END] = ['B', 'E'].map(phaseNumber);

/** From when to when something was. */
interface Times {
  readonly start: number;
  readonly end: number;
}

/** The begins of one moment of a thread that were not ended yet, in the order of the file. */
interface Moment {
  start: number;
  readonly keys: number[];
}

/** The slices of all threads, as Perfetto makes them out of X, B and E events. */
export class ThreadTimeline {
  readonly #strings: StringTable;
  /** Numbers of the string table that stand for no name, and no category. */
  readonly #none: number;
  readonly #sorter = new SpillSorter(COLUMNS);
  readonly #threads = new Map<ProcessOrThread, Map<ProcessOrThread, number>>();
  readonly #threadIds: (readonly [pid: ProcessOrThread, tid: ProcessOrThread])[] = [];
  /** The one that was asked for last: most events are of the same as the one before. */
  #lastThread = -1;
  /** By thread. */
  readonly #moments: (Moment | undefined)[] = [];
  /** Whether there are ends that leave out their name or category, so that more must be looked up. */
  #hasVagueEnds = false;

  constructor(strings: StringTable) {
    this.#strings = strings;
    this.#none = strings.number('');
  }

  /** Takes an event. One that stands on no thread's track is passed over. */
  add({ ph, name, cat, pid, tid, start, index, offset, ...timed }: TimedEvent): void {
    if (!timed.onThread) return;
    const [thread, nameNumber] = [this.thread(pid, tid), this.#strings.number(name)];
    const category = this.#strings.number(cat);
    // What was open when the trace ended is longer than all else.
    const times = { start, end: timed.unfinished ? Number.MAX_VALUE : timed.end };
    this.addNumbers(phaseNumber(ph), thread, times, nameNumber, category, index, offset);
  }

  /** The same, with numbers for the phase, the thread and the texts: for many, without an object. */
  addNumbers(
    phase: number,
    thread: number,
    { start, end }: Times,
    name: number,
    category: number,
    index: number,
    offset: number,
  ): void {
    // As Perfetto sorts events of one time: ends first, then what is longest, then as in the file. An
    // end of something that begins in that moment is left behind its begin: Perfetto, which has the
    // end first, never closes it.
    let minusEnd = -end;
    if (phase === BEGIN) this.#beginsMoment({ thread, start, name, category });
    else if (phase === END && !this.#endsMoment({ thread, start, name, category })) {
      minusEnd = FIRST;
    }
    const at = this.#sorter.place();
    const { values } = this.#sorter;
    values[at] = thread;
    values[at + 1] = start;
    values[at + 2] = minusEnd;
    values[at + 3] = index * PHASES + phase;
    values[at + 4] = name * MAX_CATEGORIES + category;
    values[at + 5] = offset;
  }

  /** pid and tid of a thread's number. */
  threadIds(thread: number): readonly [pid: ProcessOrThread, tid: ProcessOrThread] {
    return this.#threadIds[thread];
  }

  /**
   * Goes over all events, thread by thread, in the order of time. Can be called once.
   *
   * @param file Name of the trace, for errors.
   */
  replay(visitor: ThreadVisitor, file: string): void {
    for (const _ of this.replaySteps(visitor, file));
  }

  /** The same in steps, for those who have to look up from time to time. */
  *replaySteps(visitor: ThreadVisitor, file: string): Generator<void, void, undefined> {
    let last = -1;
    let track: ThreadTrack | undefined;
    const events = new ThreadEvents();
    for (const rows of this.#sorter.blocks()) {
      for (let at = 0; at < rows.length; at += WIDTH) {
        const thread = rows[at];
        if (track === undefined || thread !== last) {
          track?.finish();
          track = new ThreadTrack(file, visitor, events, this.#none, this.#hasVagueEnds);
          last = thread;
        }
        track.take(fill(events.any(), rows, at));
      }
      yield;
    }
    track?.finish();
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }

  /** The number of a thread. */
  thread(pid: ProcessOrThread, tid: ProcessOrThread): number {
    const last = this.#threadIds[this.#lastThread];
    if (last !== undefined && last[0] === pid && last[1] === tid) return this.#lastThread;
    let threads = this.#threads.get(pid);
    if (threads === undefined) {
      threads = new Map();
      this.#threads.set(pid, threads);
    }
    let thread = threads.get(tid);
    if (thread === undefined) {
      thread = this.#threadIds.length;
      threads.set(tid, thread);
      this.#threadIds.push([pid, tid]);
    }
    this.#lastThread = thread;
    return thread;
  }

  #beginsMoment(event: { thread: number; start: number; name: number; category: number }): void {
    const { thread, start } = event;
    const moment = this.#moments[thread];
    if (moment === undefined) {
      this.#moments[thread] = { start, keys: [keyOf(event)] };
      return;
    }
    if (moment.start !== start) {
      moment.start = start;
      moment.keys.length = 0;
    } else if (moment.keys.length >= 2 * MAX_MOMENT) moment.keys.splice(0, MAX_MOMENT);
    moment.keys.push(keyOf(event));
  }

  /** Whether an end is that of something that begins in the same moment, and before it in the file. */
  #endsMoment(event: { thread: number; start: number; name: number; category: number }): boolean {
    const { thread, start, name, category } = event;
    if (name === this.#none || category === this.#none) this.#hasVagueEnds = true;
    const moment = this.#moments[thread];
    if (moment === undefined || moment.start !== start) return false;
    const { keys } = moment;
    const at = keys.findLastIndex(
      (key) =>
        (name === this.#none || name === Math.floor(key / MAX_CATEGORIES)) &&
        (category === this.#none || category === key % MAX_CATEGORIES),
    );
    if (at < 0 || at < keys.length - MAX_MOMENT) return false;
    keys.splice(at, 1);
    return true;
  }
}

/** Makes the event of a row. */
function fill(event: ReusedEvent, rows: Float64Array, at: number): ReusedEvent {
  const [minusEnd, indexAndPhase, key] = [rows[at + 2], rows[at + 3], rows[at + 4]];
  event.thread = rows[at];
  event.start = rows[at + 1];
  event.end = minusEnd === FIRST ? event.start : -minusEnd;
  event.index = Math.floor(indexAndPhase / PHASES);
  event.phase = phaseOf(indexAndPhase - event.index * PHASES);
  event.name = Math.floor(key / MAX_CATEGORIES);
  event.category = key - event.name * MAX_CATEGORIES;
  event.offset = rows[at + 5];
  return event;
}
