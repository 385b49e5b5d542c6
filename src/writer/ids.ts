const DIGITS = 10;

/**
 * Ids for async events and flows. Viewers share them between processes, so each has the pid in it;
 * they are hexadecimal, because that is how Perfetto reads the ids of flows.
 */
export class IdSource {
  readonly #pid: number;
  #last = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  next(): string {
    this.#last++;
    return `0x${this.#pid.toString(16)}${this.#last.toString(16).padStart(DIGITS, '0')}`;
  }

  /** The id of an async operation that the user named: 1 and '1' stay different. */
  named(key: string | number): string {
    return typeof key === 'number' ? `${this.#pid}#${key}` : `${this.#pid}:${key}`;
  }
}
