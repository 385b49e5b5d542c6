const DIGITS = 10;
/** As many ids as the digits hold. */
const RANGE = 2 ** 40;

/**
 * Ids for async events and flows. Viewers share them between processes, so each has the pid in it;
 * they are hexadecimal, because that is how Perfetto reads the ids of flows.
 *
 * A trace that others are joined to starts to count at 0; a part of one starts anywhere, as its pid
 * may have been another part's before.
 */
export class IdSource {
  readonly #pid: number;
  readonly #names: string;
  #last: number;

  constructor(pid: number, start: number) {
    this.#pid = pid;
    this.#names = start === 0 ? `${pid}` : `${pid}.${start.toString(16)}`;
    this.#last = start;
  }

  /** Where a part of a trace starts to count. */
  static randomStart(): number {
    return 1 + Math.floor(Math.random() * (RANGE - 1));
  }

  next(): string {
    this.#last = (this.#last + 1) % RANGE;
    return `0x${this.#pid.toString(16)}${this.#last.toString(16).padStart(DIGITS, '0')}`;
  }

  /** The id for something that has one in this process, where nothing needs to be remembered. */
  derived(id: number): string {
    return `${this.#names}/${id.toString(16)}`;
  }

  /** The last id given out: where another one that takes over goes on. */
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
