import { UINT32_MAX } from '../../trace-event/numbers.js';
import type { RawEvent } from '../source/entries.js';

type Id = number | string;

/** Gives the processes of later files other pids where earlier files have these already. */
export class Processes {
  /** pids by file. */
  readonly #files: Set<Id>[] = [];
  readonly #changes: Map<Id, number>[] = [];
  /** All pids and tids: the main thread gets the new pid, too, and must not meet another thread. */
  readonly #numbers = new Set<unknown>();
  #next = 0;

  /** First time round. */
  take(file: number, { pid, tid }: RawEvent): void {
    this.#numbers.add(pid).add(tid);
    this.#files[file] ??= new Set();
    if (typeof pid === 'number' || typeof pid === 'string') this.#files[file].add(pid);
  }

  findCollisions(): void {
    const taken = new Set<Id>();
    for (const [file, pids] of this.#files.entries()) {
      this.#changes[file] = new Map();
      for (const pid of pids ?? []) {
        if (taken.has(pid)) this.#changes[file].set(pid, this.#newNumber());
        else taken.add(pid);
      }
    }
  }

  /** The next above all there are, or the lowest free one where they go up to the last. */
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

  /** Changes pid, and the tid of the main thread, which is the pid. */
  change(file: number, event: Record<string, unknown>): boolean {
    const pid = this.#changes[file]?.get(event['pid'] as Id);
    if (pid === undefined) return false;
    if (event['tid'] === event['pid']) event['tid'] = pid;
    event['pid'] = pid;
    return true;
  }

  changed(file: number): number {
    return this.#changes[file]?.size ?? 0;
  }
}
