import { EventEmitter, once } from 'node:events';
import { getGlobalTracer } from 'tracelane';

/**
 * A queue with room for so many items: who adds to a full one waits. So the walk over the folders
 * never runs far ahead of the workers, and memory stays flat however many files there are.
 */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  readonly #changes = new EventEmitter();
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for room. False when the queue has been closed: nobody will take the item. */
  async add(item: T): Promise<boolean> {
    while (!this.#closed && this.#items.length >= this.#limit) await once(this.#changes, 'change');
    if (this.#closed) return false;
    this.#items.push(item);
    this.#changed();
    return true;
  }

  /** Nothing is added from here on. What is in the queue can still be taken. */
  close(): void {
    this.#closed = true;
    this.#changed();
  }

  /** Takes items until the queue is closed and empty. Several takers may do so at once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    while (true) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#changed();
        yield item;
      } else if (this.#closed) return;
      else await once(this.#changes, 'change');
    }
  }

  #changed(): void {
    // One value over time: viewers draw it as a curve above the threads.
    getGlobalTracer().counter('queue length', this.#items.length);
    this.#changes.emit('change');
  }
}
