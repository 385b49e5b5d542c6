import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';

const DIGITS = 10;
/** How many ids there are with so many hexadecimal digits. */
const RANGE = 2 ** 40;

/**
 * Ids for async events and flows. Viewers share them between processes, so each has the pid in it;
 * they are hexadecimal, because that is how Perfetto reads the ids of flows.
 *
 * The root of a trace starts to count at 0. A part starts at a random number: another part of the same
 * trace may have come from a process that had the same pid before.
 */
export class IdSource {
  readonly #prefix: string;
  readonly #names: string;
  readonly #calls: string;
  #last: number;

  /** `run` tells this recording from all others of processes with the same pid. */
  constructor(pid: number, start: number, run: string) {
    this.#prefix = `0x${pid.toString(16)}`;
    this.#calls = `${pid}-${run}`;
    this.#names = start === 0 ? `${pid}` : `${pid}.${start.toString(16)}`;
    this.#last = start;
  }

  next(): string {
    this.#last = (this.#last + 1) % RANGE;
    // Joined: what `+` and templates make of longer strings takes three times the memory.
    return [this.#prefix, this.#last.toString(16).padStart(DIGITS, '0')].join('');
  }

  /** The id in the file of an operation, computed of its id in the process: no table is needed. */
  derived(id: number): string {
    return `${this.#names}/${id.toString(16)}`;
  }

  /** What a call is named in the arguments of events, by its id in the process: `pid-run.thread.number`. */
  call(id: number): string {
    const stream = Math.floor((id - ID_BASE) / ID_STREAM_FACTOR);
    return [this.#calls, stream, id % ID_STREAM_FACTOR].join('.');
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
