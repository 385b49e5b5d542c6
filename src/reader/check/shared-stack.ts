import type { TimedEvent } from '../timeline/timed-event.js';

/** Begins that are open, of all threads: DevTools has a single stack for them. */
export class SharedStack {
  /** Those that were ended out of turn go when they are the last. */
  readonly #open: TimedEvent[] = [];
  readonly #ended = new Set<TimedEvent>();
  readonly #threads = new Map<string, TimedEvent[]>();

  push(begin: TimedEvent): void {
    this.#open.push(begin);
    const key = threadOf(begin);
    const own = this.#threads.get(key);
    if (own === undefined) this.#threads.set(key, [begin]);
    else own.push(begin);
  }

  /** Ends the last begin of the thread. Gives that of another thread which DevTools ends instead. */
  end(event: TimedEvent): TimedEvent | undefined {
    const begin = this.#threads.get(threadOf(event))?.pop();
    if (begin === undefined) return undefined;
    const last = this.#open.at(-1);
    this.#ended.add(begin);
    for (let top = last; top !== undefined && this.#ended.delete(top); top = this.#open.at(-1)) {
      this.#open.pop();
    }
    return last === begin ? undefined : last;
  }
}

function threadOf({ pid, tid }: TimedEvent): string {
  return `${pid}\n${tid}`;
}
