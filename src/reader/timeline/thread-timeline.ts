import { EarlyReplay, type EarlyVisitor } from './early-replay.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { ThreadEvents, UNFINISHED } from './thread-events.js';
import { COLUMNS, type ColumnName, FIRST, fill, putRow, WIDTH } from './thread-rows.js';
import { keyOf, MAX_CATEGORIES, ThreadTrack, type ThreadVisitor } from './thread-track.js';
import type { ProcessOrThread, TimedEvent } from './timed-event.js';
import { phaseNumber, TO_NEXT } from './track-phases.js';

/** So many begins of one moment are looked at when something ends in it. */
const MAX_MOMENT = 64;

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
  readonly #sorter: SpillSorter<ColumnName>;
  /** By pid, and by tid where a process has several. */
  readonly #threads = new Map<ProcessOrThread, number | Map<ProcessOrThread, number>>();
  readonly #threadIds: (readonly [pid: ProcessOrThread, tid: ProcessOrThread])[] = [];
  /** The one that was asked for last: most events are of the same as the one before. */
  #lastThread = -1;
  /** By thread. */
  readonly #moments: (Moment | undefined)[] = [];
  /** Whether there are ends that leave out their name or category, so that more must be looked up. */
  #hasVagueEnds = false;
  #early: EarlyReplay | undefined;

  /**
   * @param visitor The one that `replay()` will be given. With it, events are gone over while others are
   *   still read, as far as that is known to come to the same: worth it where another thread reads.
   * @param runBytes Memory of the rows that are sorted at once.
   */
  constructor(strings: StringTable, visitor?: EarlyVisitor, runBytes?: number) {
    this.#sorter = new SpillSorter(COLUMNS, runBytes);
    this.#strings = strings;
    this.#none = strings.number('');
    if (visitor === undefined) return;
    this.#early = new EarlyReplay(visitor, this.#none);
    this.#sorter.onRun = (run) => this.#goAhead(run);
  }

  #goAhead(run: Float64Array): void {
    if (this.#early?.take(run, this.#hasVagueEnds) === false) this.#early = undefined;
  }

  /** Takes an event. One that stands on no thread's track is passed over. */
  add({ ph, name, cat, pid, tid, start, index, offset, ...timed }: TimedEvent): void {
    if (!timed.onThread) return;
    const [thread, nameNumber] = [this.thread(pid, tid), this.#strings.number(name)];
    const category = this.#strings.number(cat);
    const times = { start, end: timed.unfinished ? UNFINISHED : timed.end };
    const phase = phaseNumber(timed.flow?.toNext === true ? TO_NEXT : ph);
    this.addNumbers(phase, thread, times, nameNumber, category, index, offset);
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
    if (phase === BEGIN && end !== UNFINISHED)
      this.#beginsMoment({ thread, start, name, category });
    else if (phase === END && !this.#endsMoment({ thread, start, name, category })) {
      minusEnd = FIRST;
    }
    const at = this.#sorter.place();
    const { values } = this.#sorter;
    putRow(values, at, phase, thread, start, minusEnd, name, category, index, offset);
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
    const early = this.#early;
    this.#early = undefined;
    if (early?.finish(this.#sorter.rest(), this.#hasVagueEnds) === true) this.close();
    else yield* this.#replayAll(visitor, file);
  }

  *#replayAll(visitor: ThreadVisitor, file: string): Generator<void, void, undefined> {
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
    this.#lastThread = this.#known(pid, tid) ?? this.#newThread(pid, tid);
    return this.#lastThread;
  }

  #known(pid: ProcessOrThread, tid: ProcessOrThread): number | undefined {
    const threads = this.#threads.get(pid);
    if (typeof threads !== 'number') return threads?.get(tid);
    return this.#threadIds[threads][1] === tid ? threads : undefined;
  }

  #newThread(pid: ProcessOrThread, tid: ProcessOrThread): number {
    const thread = this.#threadIds.length;
    this.#threadIds.push([pid, tid]);
    const threads = this.#threads.get(pid);
    if (threads === undefined) this.#threads.set(pid, thread);
    else if (typeof threads !== 'number') threads.set(tid, thread);
    else {
      const first = this.#threadIds[threads][1];
      this.#threads.set(
        pid,
        new Map([
          [first, threads],
          [tid, thread],
        ]),
      );
    }
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
