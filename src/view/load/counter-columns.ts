import { isObject } from '../../reader/source/entries.js';
import { sortRows } from '../../reader/timeline/sort-rows.js';
import { counterTitle, type TimedEvent } from '../../reader/timeline/timed-event.js';
import { numberOf } from '../../trace-event/numbers.js';
import type { CounterData } from '../model/model-data.js';
import { Growing } from './growing.js';

/** A counter of a process, as its values come. */
export interface Counter {
  readonly pid: string;
  readonly name: string;
  readonly times: Growing<Float64Array>;
  /** By the names of the series. NaN where an event does not have one. */
  readonly series: Map<string, Growing<Float64Array>>;
}

/** The values of all counters. */
export class CounterColumns {
  readonly #counters = new Map<string, Counter>();

  take({ pid, name, start, event }: TimedEvent): void {
    const { args } = event;
    if (!isObject(args)) return;
    const shown = counterTitle(name, event);
    const key = JSON.stringify([pid, shown]);
    let counter = this.#counters.get(key);
    let place: number | undefined;
    for (const [series, given] of Object.entries(args)) {
      const value = numberOf(given);
      if (value === undefined) continue;
      if (counter === undefined) {
        const times = new Growing(Float64Array);
        counter = { pid: String(pid), name: shown, times, series: new Map() };
        this.#counters.set(key, counter);
      }
      place ??= counter.times.count;
      let column = counter.series.get(series);
      if (column === undefined) {
        column = new Growing(Float64Array, Number.NaN);
        counter.series.set(series, column);
      }
      column.set(place, value);
    }
    if (place !== undefined) counter?.times.push(start);
  }

  all(): IterableIterator<Counter> {
    return this.#counters.values();
  }
}

/** The columns of a counter in the order of time. */
export function counterData({ times, series }: Counter, track: number): CounterData {
  const { values, count } = times;
  const order = sortRows({ values, width: 1, keys: 1, count });
  return {
    track,
    series: Array.from(series.keys()),
    times: Float64Array.from(order, (place) => values[place]),
    values: Array.from(series.values(), (column) => {
      // A series that is not spoken of stays as it is.
      let last = 0;
      return Float64Array.from(order, (place) => {
        const value = column.get(place);
        if (!Number.isNaN(value)) last = value;
        return last;
      });
    }),
  };
}
