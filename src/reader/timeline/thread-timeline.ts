import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { keyOf, MAX_CATEGORIES, ThreadTrack, type ThreadVisitor } from './thread-track.js';
import type { ProcessOrThread, TimedEvent } from './timed-event.js';
import { phaseNumber, phaseOf } from './track-phases.js';

/** So many begins of one moment are looked at when something ends in it. */
const MAX_MOMENT = 64;

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
  readonly #sorter = new SpillSorter({
    sortedBy: ['thread', 'start', 'rank', 'minusEnd', 'index'],
    others: ['phase', 'name', 'category', 'offset'],
  });
  readonly #threads = new Map<ProcessOrThread, Map<ProcessOrThread, number>>();
  readonly #threadIds: (readonly [pid: ProcessOrThread, tid: ProcessOrThread])[] = [];
  /** By thread. */
  readonly #moments: (Moment | undefined)[] = [];
  /** Whether there are ends that leave out their name or category, so that more must be looked up. */
  #hasVagueEnds = false;

  constructor(strings: StringTable) {
    this.#strings = strings;
    this.#none = strings.number('');
  }

  /** Takes an event. One that stands on no thread's track is passed over. */
  add(timed: TimedEvent): void {
    if (!timed.onThread) return;
    const { ph, name, cat, pid, tid, start, end, index, offset, unfinished } = timed;
    const event = {
      thread: this.#thread(pid, tid),
      start,
      // What was open when the trace ended is longer than all else.
      minusEnd: unfinished ? -Number.MAX_VALUE : -end,
      index,
      phase: phaseNumber(ph),
      name: this.#strings.number(name),
      category: this.#strings.number(cat),
      offset,
    };
    // As Perfetto sorts events of one time: ends first, then what is longest, then as in the file. An
    // end of something that begins in that moment is left behind its begin: Perfetto, which has the
    // end first, never closes it.
    const isFirst = ph === 'E' && !this.#endsMoment(event);
    if (ph === 'B') this.#beginsMoment(event);
    this.#sorter.add({ ...event, rank: isFirst ? 0 : 1 });
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
    let last = -1;
    let track: ThreadTrack | undefined;
    for (const row of this.#sorter.sorted()) {
      const { thread, start, minusEnd, index, phase, name, category, offset } = row;
      if (track === undefined || thread !== last) {
        track?.finish();
        track = new ThreadTrack(file, visitor, this.#none, this.#hasVagueEnds);
        last = thread;
      }
      const end = -minusEnd;
      track.take({ thread, start, end, phase: phaseOf(phase), name, category, index, offset });
    }
    track?.finish();
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }

  #thread(pid: ProcessOrThread, tid: ProcessOrThread): number {
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
