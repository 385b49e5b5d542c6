import { type ProcessOrThread, threadKey } from '../timeline/timed-event.js';
import type { Names } from './names.js';
import { OpenByStretch, type Range } from './open-by-stretch.js';
import type { OperationsSummary, ProcessSummary, ThreadSummary } from './summary.js';

const NO_RANGE: Range = { start: 0, end: 0, stretches: 0 };

/** So many of the busiest threads are listed, and of the busiest processes. */
const MAX_THREADS = 1000;
const MAX_PROCESSES = 1000;

/** Of those equally busy, the lower number comes first: the order in which they are told of can differ. */
function compareIds(a: ProcessOrThread, b: ProcessOrThread): number {
  const [one, other] = [Number(a), Number(b)];
  const [isText, isOtherText] = [Number.isNaN(one), Number.isNaN(other)];
  if (isText !== isOtherText) return isText ? 1 : -1;
  return (
    (isText ? 0 : one - other) || (String(a) < String(b) ? -1 : Number(String(a) !== String(b)))
  );
}

interface Thread {
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  /** Of its process: how many threads that has, and how busy these were. */
  readonly process: { threads: number; busy: number };
  slices: number;
  busy: number;
  /** Undefined until it was busy. */
  stretches: OpenByStretch | undefined;
}

/**
 * When the threads of a trace were busy. Memory grows with their processes, by two numbers for each, and
 * not with the threads.
 */
export class ThreadActivity {
  readonly #names: Names;
  /** Has to be known before the first time in which a thread was busy. */
  range: Range = NO_RANGE;
  #threads = new Map<string, Thread>();
  /** How many threads are not among these, as others were busier. Known once `threads()` was called. */
  leftOut = 0;
  readonly #processes = new Map<ProcessOrThread, { threads: number; busy: number }>();
  #last: Thread | undefined;

  constructor(names: Names) {
    this.#names = names;
  }

  count(pid: ProcessOrThread, tid: ProcessOrThread): void {
    this.#thread(pid, tid).slices++;
  }

  /** Takes a time in which some slice was open. Those of one thread must not overlap. */
  take(pid: ProcessOrThread, tid: ProcessOrThread, start: number, end: number): void {
    const thread = this.#thread(pid, tid);
    const stop = Math.min(end, this.range.end);
    const busy = Math.max(0, stop - start);
    thread.busy += busy;
    thread.process.busy += busy;
    thread.stretches ??= new OpenByStretch(this.range);
    thread.stretches.add(start, stop);
  }

  /** The busiest first. */
  threads(): ThreadSummary[] {
    this.#prune();
    const wall = this.range.end - this.range.start;
    const idle = new OpenByStretch(this.range);
    return Array.from(this.#threads.values(), ({ pid, tid, slices, busy, stretches = idle }) => ({
      pid,
      tid,
      name: this.#names.threadName(pid, tid),
      process: this.#names.processName(pid),
      label: this.#names.thread(pid, tid),
      slices,
      busy,
      share: wall > 0 ? busy / wall : 0,
      activity: stretches.values().map((part) => Math.min(1, part)),
    }));
  }

  /** The busiest first. */
  processes(): ProcessSummary[] {
    const sorted = Array.from(this.#processes).sort(
      ([a, { busy }], [b, { busy: other }]) => other - busy || compareIds(a, b),
    );
    return sorted.slice(0, MAX_PROCESSES).map(([pid, { threads, busy }]) => ({
      pid,
      name: this.#names.processName(pid),
      label: this.#names.process(pid),
      threads,
      busy,
    }));
  }

  /** How many processes are not among these. */
  get processesLeftOut(): number {
    return Math.max(0, this.#processes.size - MAX_PROCESSES);
  }

  #thread(pid: ProcessOrThread, tid: ProcessOrThread): Thread {
    // Slices come thread by thread.
    const last = this.#last;
    if (last !== undefined && last.pid === pid && last.tid === tid) return last;
    const key = threadKey(pid, tid);
    let thread = this.#threads.get(key);
    if (thread === undefined) {
      if (this.#threads.size === 2 * MAX_THREADS) this.#prune();
      const process = this.#process(pid);
      process.threads++;
      thread = { pid, tid, process, slices: 0, busy: 0, stretches: undefined };
      this.#threads.set(key, thread);
    }
    this.#last = thread;
    return thread;
  }

  #process(pid: ProcessOrThread): { threads: number; busy: number } {
    let process = this.#processes.get(pid);
    if (process === undefined) {
      process = { threads: 0, busy: 0 };
      this.#processes.set(pid, process);
      this.#names.see(pid);
    }
    return process;
  }

  /** Keeps the busiest threads: as threads come one by one, no more is heard of the others. */
  #prune(): void {
    const sorted = Array.from(this.#threads).sort(
      ([, a], [, b]) => b.busy - a.busy || compareIds(a.pid, b.pid) || compareIds(a.tid, b.tid),
    );
    this.leftOut += Math.max(0, sorted.length - MAX_THREADS);
    this.#threads = new Map(sorted.slice(0, MAX_THREADS));
  }
}

interface Operations {
  count: number;
  time: number;
  /** Undefined where too many others were busier. */
  stretches: OpenByStretch | undefined;
}

/**
 * How many async operations of each process were open, and when. One that lies in another is not
 * counted beside it: a request and its queries are one thing that the process was busy with.
 */
export class OperationActivity {
  readonly #names: Names;
  /** Has to be known before the first operation. */
  range: Range = NO_RANGE;
  readonly #processes = new Map<string, Operations>();
  /** Those that have stretches. */
  readonly #drawn = new Map<string, Operations>();

  constructor(names: Names) {
    this.#names = names;
  }

  /** Takes an operation that lies in no other. */
  take(pid: string, start: number, end: number): void {
    let operations = this.#processes.get(pid);
    if (operations === undefined) {
      if (this.#drawn.size === 2 * MAX_PROCESSES) this.#prune();
      operations = { count: 0, time: 0, stretches: new OpenByStretch(this.range) };
      this.#processes.set(pid, operations);
      this.#drawn.set(pid, operations);
      this.#names.see(pid);
    }
    const stop = Math.min(end, this.range.end);
    operations.count++;
    operations.time += Math.max(0, stop - start);
    operations.stretches?.add(start, stop);
  }

  /** Those of which the most were open first. */
  operations(): OperationsSummary[] {
    this.#prune();
    const wall = this.range.end - this.range.start;
    return this.#sorted().map(([pid, { count, time, stretches }]) => ({
      pid,
      process: this.#names.processName(pid),
      label: this.#names.process(pid),
      count,
      meanOpen: wall > 0 ? time / wall : 0,
      activity: stretches?.values() ?? [],
    }));
  }

  /** How many processes are not among these. Known once `operations()` was called. */
  get leftOut(): number {
    return this.#processes.size - this.#drawn.size;
  }

  /** The busiest first, of those that have stretches. */
  #sorted(): [pid: string, Operations][] {
    return Array.from(this.#drawn).sort(
      ([a, { time }], [b, { time: other }]) => other - time || compareIds(a, b),
    );
  }

  /** Keeps when operations were open for the busiest processes only. */
  #prune(): void {
    for (const [pid, operations] of this.#sorted().slice(MAX_PROCESSES)) {
      operations.stretches = undefined;
      this.#drawn.delete(pid);
    }
  }
}
