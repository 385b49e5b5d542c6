/** How many numbers there are: see `COUNTED_DIGITS`. */
const RANGE = 2 ** 40;

/**
 * Ids for async events and flows. The root of a trace starts to count at 0. A part starts at a random number:
 * another part of the same trace may have come from a process that had the same pid before.
 */
export class IdSource {
  readonly #names: string;
  #last: number;

  constructor(pid: number, start: number) {
    this.#names = start === 0 ? `${pid}` : `${pid}.${start.toString(16)}`;
    this.#last = start;
  }

  next(): number {
    this.#last = (this.#last + 1) % RANGE;
    return this.#last;
  }

  /** The id in the file of an operation, computed of its id in the process: no table is needed. */
  derived(id: number): string {
    return `${this.#names}/${id.toString(16)}`;
  }

  /** The last number given out. A writer that takes over goes on from it. */
  get last(): number {
    return this.#last;
  }

  set last(value: number) {
    this.#last = value;
  }

  /** The id of an async operation that the user named: 1 and '1' stay different. */
  named(key: string | number): string {
    return typeof key === 'number' ? `${this.#names}#${key}` : `${this.#names}:${key}`;
  }
}
