import { numberOf } from '../../trace-event/numbers.js';
import { isObject, type RawEvent } from '../source/entries.js';
import { counterTitle, type ProcessOrThread } from '../timeline/timed-event.js';
import type { CounterSummary } from './summary.js';

interface Counter {
  readonly pid: ProcessOrThread;
  readonly name: string;
  readonly series: string;
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** The values of counters, series by series. */
export class Counters {
  readonly #counters = new Map<string, Counter>();

  take(pid: ProcessOrThread, name: string, event: RawEvent): void {
    const { args } = event;
    if (!isObject(args)) return;
    const shown = counterTitle(name, event);
    for (const [series, given] of Object.entries(args)) {
      const value = numberOf(given);
      if (value === undefined) continue;
      const key = JSON.stringify([pid, shown, series]);
      let counter = this.#counters.get(key);
      if (counter === undefined) {
        counter = { pid, name: shown, series, count: 0, sum: 0, min: value, max: value };
        this.#counters.set(key, counter);
      }
      counter.count++;
      counter.sum += value;
      counter.min = Math.min(counter.min, value);
      counter.max = Math.max(counter.max, value);
    }
  }

  summaries(): CounterSummary[] {
    return Array.from(
      this.#counters.values(),
      ({ pid, name, series, count, sum, min, max }): CounterSummary => ({
        ...{ pid, name, series, count },
        ...{ min, mean: sum / count, max },
      }),
    );
  }
}
