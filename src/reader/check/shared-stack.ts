import { OpenBegins } from '../timeline/open-begins.js';
import { type TimedEvent, threadKey } from '../timeline/timed-event.js';

/** The open begins of all threads together: DevTools has a single stack for them. */
export class SharedStack {
  readonly #open = new OpenBegins<TimedEvent>();
  /** The same by thread. */
  readonly #threads = new Map<string, TimedEvent[]>();

  push(begin: TimedEvent): void {
    this.#open.push(begin);
    const key = threadKey(begin.pid, begin.tid);
    const own = this.#threads.get(key);
    if (own === undefined) this.#threads.set(key, [begin]);
    else own.push(begin);
  }

  /**
   * Ends the last begin of the thread, if it is meant. If DevTools ends that of another thread instead,
   * gives that.
   */
  end(event: TimedEvent): TimedEvent | undefined {
    const own = this.#threads.get(threadKey(event.pid, event.tid));
    const begin = own?.at(-1);
    if (begin === undefined || (event.name !== '' && event.name !== begin.name)) return undefined;
    own?.pop();
    const { last } = this.#open;
    this.#open.end(begin);
    return last === begin ? undefined : last;
  }
}
