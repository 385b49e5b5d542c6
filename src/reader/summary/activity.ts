import { type ProcessOrThread, threadKey } from '../timeline/timed-event.js';
import type { ProcessSummary, ThreadSummary } from './summary.js';

interface Thread {
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  slices: number;
  busy: number;
  readonly activity: Float64Array;
}

/** What the threads of a trace are called, and when they were busy. */
export class ThreadActivity {
  readonly #stretches: number;
  readonly #threads = new Map<string, Thread>();
  readonly #threadNames = new Map<string, string>();
  readonly #processNames = new Map<ProcessOrThread, string>();
  #start = 0;
  #wall = 0;

  constructor(stretches: number) {
    this.#stretches = stretches;
  }

  name(kind: string, pid: ProcessOrThread, tid: ProcessOrThread, name: string): void {
    if (kind === 'thread_name') this.#threadNames.set(threadKey(pid, tid), name);
    else if (kind === 'process_name') this.#processNames.set(pid, name);
  }

  /** When the trace begins and ends. Has to be known before slices come. */
  setRange(start: number, end: number): void {
    this.#start = start;
    this.#wall = Math.max(0, end - start);
  }

  label(pid: ProcessOrThread, tid: ProcessOrThread): string {
    const name = this.#threadNames.get(threadKey(pid, tid));
    // The tid of a main thread is the pid.
    const id = pid === tid ? `${tid}` : `${pid}/${tid}`;
    return name === undefined ? `${pid}/${tid}` : `${name} (${id})`;
  }

  count(pid: ProcessOrThread, tid: ProcessOrThread): void {
    this.#thread(pid, tid).slices++;
  }

  /** Takes a time in which some slice was open. Those of one thread must not overlap. */
  take(pid: ProcessOrThread, tid: ProcessOrThread, start: number, end: number): void {
    const thread = this.#thread(pid, tid);
    const stop = Math.min(end, this.#start + this.#wall);
    thread.busy += Math.max(0, stop - start);
    const width = this.#wall / this.#stretches;
    if (!(width > 0)) return;
    const [from, to] = [start - this.#start, stop - this.#start];
    const last = Math.min(this.#stretches - 1, Math.floor(to / width));
    for (let stretch = Math.min(last, Math.floor(from / width)); stretch <= last; stretch++) {
      const inside = Math.min(to, (stretch + 1) * width) - Math.max(from, stretch * width);
      thread.activity[stretch] += Math.max(0, inside);
    }
  }

  threads(): ThreadSummary[] {
    const width = this.#wall / this.#stretches;
    return Array.from(this.#threads.values(), ({ pid, tid, slices, busy, activity }) => ({
      pid,
      tid,
      name: this.#threadNames.get(threadKey(pid, tid)) ?? '',
      process: this.#processNames.get(pid) ?? '',
      slices,
      busy,
      share: this.#wall === 0 ? 0 : busy / this.#wall,
      activity: Array.from(activity, (time) => (width > 0 ? Math.min(1, time / width) : 0)),
    })).sort((a, b) => b.busy - a.busy);
  }

  processes(): ProcessSummary[] {
    const processes = new Map<ProcessOrThread, { threads: number; busy: number }>();
    for (const { pid, busy } of this.#threads.values()) {
      const known = processes.get(pid) ?? { threads: 0, busy: 0 };
      processes.set(pid, { threads: known.threads + 1, busy: known.busy + busy });
    }
    return Array.from(processes, ([pid, { threads, busy }]) => ({
      pid,
      name: this.#processNames.get(pid) ?? '',
      threads,
      busy,
    })).sort((a, b) => b.busy - a.busy);
  }

  #thread(pid: ProcessOrThread, tid: ProcessOrThread): Thread {
    const key = threadKey(pid, tid);
    let thread = this.#threads.get(key);
    if (thread === undefined) {
      thread = { pid, tid, slices: 0, busy: 0, activity: new Float64Array(this.#stretches) };
      this.#threads.set(key, thread);
    }
    return thread;
  }
}
