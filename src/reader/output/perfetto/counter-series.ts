import { numberOf } from '../../../trace-event/numbers.js';
import { isObject } from '../../source/entries.js';
import { counterTitle, type TimedEvent } from '../../timeline/timed-event.js';
import type { LeftOut } from '../left-out.js';
import type { Threads } from './threads.js';

/** A series of a counter. */
export interface Series {
  readonly pid: number;
  readonly counter: string;
  readonly name: string;
  readonly isOnly: boolean;
  /** That of its first event. */
  readonly thread: number;
}

/** Takes apart the values of counters: in Perfetto's format, each series is a track of its own. */
export class CounterSeries {
  /** By their numbers. */
  readonly all: Series[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #threads: Threads;
  readonly #leftOut: LeftOut;

  constructor(threads: Threads, leftOut: LeftOut) {
    this.#threads = threads;
    this.#leftOut = leftOut;
  }

  /** Gives the values of an event, each behind the number of its series. */
  take({ pid, tid, name, event }: TimedEvent): number[] {
    const entries = isObject(event.args) ? Object.entries(event.args) : [];
    if (entries.length === 0) this.#leftOut.add('counters without values');
    const counter = counterTitle(name, event);
    const thread = this.#threads.number(pid, tid);
    const values: number[] = [];
    for (const [series, value] of entries) {
      const number = numberOf(value);
      if (number === undefined) this.#leftOut.add('values of counters that are no numbers');
      else values.push(this.#number(thread, counter, series, entries.length === 1), number);
    }
    return values;
  }

  #number(thread: number, counter: string, name: string, isOnly: boolean): number {
    const { pid } = this.#threads.all[thread];
    const key = JSON.stringify([pid, counter, name]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.all.length;
      this.#numbers.set(key, number);
      this.all.push({ pid, counter, name, isOnly, thread });
    }
    return number;
  }
}
