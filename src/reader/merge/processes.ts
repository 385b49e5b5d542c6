import { numberOf, UINT32_MAX } from '../../trace-event/numbers.js';
import type { RawEvent } from '../source/entries.js';
import { threadOf } from '../timeline/timed-event.js';

/** Gives the processes of later files other pids where earlier files have these already. */
export class Processes {
  /** pids by file, as text: some tools write one as a number here and as a text there. */
  readonly #files: Set<string>[] = [];
  readonly #changes: Map<string, number>[] = [];
  /**
   * All pids and tids. A new pid must be none of them: as a tid it also becomes the main thread's.
   */
  readonly #numbers = new Set<unknown>();
  #next = 0;

  /** In the first pass over the files: takes each event. */
  take(file: number, event: RawEvent): void {
    const { pid, tid } = threadOf(event);
    this.#numbers.add(numberOf(pid)).add(numberOf(tid));
    this.#files[file] ??= new Set();
    this.#files[file].add(String(pid));
  }

  findCollisions(): void {
    const taken = new Set<string>();
    for (const [file, pids] of this.#files.entries()) {
      this.#changes[file] = new Map();
      for (const pid of pids ?? []) {
        if (taken.has(pid)) this.#changes[file].set(pid, this.#newNumber());
        else taken.add(pid);
      }
    }
  }

  /**
   * The number above all that there are; if these reach the largest one, the lowest that is free.
   */
  #newNumber(): number {
    const numbers = this.#numbers;
    if (this.#next === 0) {
      for (const number of numbers) {
        if (Number.isInteger(number)) this.#next = Math.max(this.#next, Number(number));
      }
    }
    do this.#next = this.#next >= UINT32_MAX ? 1 : this.#next + 1;
    while (numbers.has(this.#next));
    numbers.add(this.#next);
    return this.#next;
  }

  /** In the second pass: gives an event another pid if it needs one. True if it was changed. */
  change(file: number, event: Record<string, unknown>): boolean {
    const thread = threadOf(event);
    const pid = this.#changes[file]?.get(String(thread.pid));
    if (pid === undefined) return false;
    if (thread.tid === thread.pid && event['tid'] !== undefined) event['tid'] = pid;
    event['pid'] = pid;
    return true;
  }

  changed(file: number): number {
    return this.#changes[file]?.size ?? 0;
  }
}
