import { UINT32_MAX } from '../../../trace-event/numbers.js';
import { FIRST_TRACK_TID, isTrackTid } from '../../../trace-event/thread-tracks.js';
import type { ProcessOrThread } from '../../timeline/timed-event.js';
import { UsedKeys } from './keys.js';

/**
 * Numbers of processes and threads that have texts in their place: no system gives out such, and they are
 * none of tracks below threads.
 */
const FIRST_MADE_ID = 0x7a00_0000;

/** A thread that events are of. */
export interface KnownThread {
  readonly pid: number;
  readonly tid: number;
  readonly keys: UsedKeys;
}

/** What the trace says of a process or a thread. */
export interface Description {
  name?: string;
  sortIndex?: number;
  readonly labels: string[];
}

/** The processes and threads of a trace, as numbers. */
export class Threads {
  readonly all: KnownThread[] = [];
  readonly processes = new Map<number, Description>();
  readonly descriptions = new Map<string, Description & { pid: number; tid: number }>();
  readonly #numbers = new Map<ProcessOrThread, Map<ProcessOrThread, number>>();
  readonly #made = new Map<ProcessOrThread, number>();
  /** Of what was asked for last: most events are of the same as the one before. NaN is no number's equal. */
  #lastPid: ProcessOrThread = Number.NaN;
  #lastTid: ProcessOrThread = Number.NaN;
  #last = 0;

  number(pid: ProcessOrThread, tid: ProcessOrThread): number {
    if (pid === this.#lastPid && tid === this.#lastTid) return this.#last;
    let threads = this.#numbers.get(pid);
    if (threads === undefined) {
      threads = new Map();
      this.#numbers.set(pid, threads);
    }
    let number = threads.get(tid);
    if (number === undefined) {
      number = this.all.length;
      threads.set(tid, number);
      const known = { pid: this.id(pid), tid: this.id(tid), keys: new UsedKeys() };
      this.all.push(known);
      // What got a number here keeps what it was called by.
      if (known.pid !== pid) this.process(known.pid).name ??= String(pid);
      if (known.tid !== tid && pid !== tid) this.thread(known.pid, known.tid).name ??= String(tid);
    }
    this.#lastPid = pid;
    this.#lastTid = tid;
    this.#last = number;
    return number;
  }

  /** Whether what counts as a thread is a track below another one, as in traces of tracelane. */
  isBelowAnother({ pid, tid }: Pick<KnownThread, 'pid' | 'tid'>): boolean {
    return isTrackTid(tid) && this.#numbers.get(pid)?.has(tid - FIRST_TRACK_TID) === true;
  }

  /** The number of what may be called by a text. */
  id(given: ProcessOrThread): number {
    if (Number.isInteger(given) && Number(given) >= 0 && Number(given) <= UINT32_MAX) {
      return given as number;
    }
    let made = this.#made.get(given);
    if (made === undefined) {
      made = FIRST_MADE_ID + this.#made.size;
      this.#made.set(given, made);
    }
    return made;
  }

  process(pid: number): Description {
    let known = this.processes.get(pid);
    if (known === undefined) {
      known = { labels: [] };
      this.processes.set(pid, known);
    }
    return known;
  }

  thread(pid: number, tid: number): Description {
    const key = `${pid}/${tid}`;
    let known = this.descriptions.get(key);
    if (known === undefined) {
      known = { pid, tid, labels: [] };
      this.descriptions.set(key, known);
    }
    return known;
  }
}
