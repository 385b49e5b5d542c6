import { isObject, type RawEvent } from '../source/entries.js';
import { type ProcessOrThread, threadOf } from '../timeline/timed-event.js';

interface Process {
  name: string | undefined;
  /** Their names, by tid. Undefined where none has one. */
  threads: Map<string, string> | undefined;
  /** Names that several of its threads have. Known once a label was asked for. */
  repeated: ReadonlySet<string> | undefined;
}

/**
 * What the processes and threads of a trace are called. A label has a pid or a tid in it only where
 * there is no name, or several have the same one.
 */
export class Names {
  /** By pid as text: some tools write it as a number here and as a string there. */
  readonly #processes = new Map<string, Process>();
  #repeated: ReadonlySet<string> | undefined;

  /** Takes metadata that may hold a name. */
  take(event: RawEvent): void {
    const { name: kind, args } = event;
    const { pid, tid } = threadOf(event);
    const name = isObject(args) ? args['name'] : undefined;
    if (typeof name !== 'string' || name === '') return;
    if (kind === 'thread_name') {
      const process = this.#process(pid);
      process.threads ??= new Map();
      process.threads.set(String(tid), name);
    } else if (kind === 'process_name') this.#process(pid).name = name;
  }

  /** There is something of this process in the trace. */
  see(pid: ProcessOrThread): void {
    // Of one without a name it matters only whether it is the only process.
    if (this.#processes.size < 2) this.#process(pid);
  }

  processName(pid: ProcessOrThread): string {
    return this.#processes.get(String(pid))?.name ?? '';
  }

  threadName(pid: ProcessOrThread, tid: ProcessOrThread): string {
    return this.#processes.get(String(pid))?.threads?.get(String(tid)) ?? '';
  }

  /** What to call a process, once all names are known. */
  process(pid: ProcessOrThread): string {
    const name = this.processName(pid);
    if (name === '') return `process ${pid}`;
    this.#repeated ??= repeated(Array.from(this.#processes.values(), (process) => process.name));
    return this.#repeated.has(name) ? `${name} (${pid})` : name;
  }

  /** What to call a thread, once all names are known. */
  thread(pid: ProcessOrThread, tid: ProcessOrThread): string {
    const label = this.#threadOnly(pid, tid);
    const isOnlyProcess = this.#processes.size <= 1 && this.processName(pid) === '';
    return isOnlyProcess ? label : `${this.process(pid)} / ${label}`;
  }

  #threadOnly(pid: ProcessOrThread, tid: ProcessOrThread): string {
    const name = this.threadName(pid, tid);
    if (name === '') return `thread ${tid}`;
    const process = this.#process(pid);
    process.repeated ??= repeated(process.threads?.values() ?? []);
    return process.repeated.has(name) ? `${name} (${tid})` : name;
  }

  #process(pid: unknown): Process {
    const key = String(pid);
    let process = this.#processes.get(key);
    if (process === undefined) {
      process = { name: undefined, threads: undefined, repeated: undefined };
      this.#processes.set(key, process);
    }
    return process;
  }
}

function repeated(names: Iterable<string | undefined>): Set<string> {
  const [seen, again] = [new Set<string>(), new Set<string>()];
  for (const name of names) {
    if (name === undefined) continue;
    if (seen.has(name)) again.add(name);
    seen.add(name);
  }
  return again;
}
