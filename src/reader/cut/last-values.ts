import { isObject } from '../source/entries.js';
import { SpillSorter } from '../timeline/spill-sorter.js';
import type { StringTable } from '../timeline/string-table.js';
import type { TimedEvent } from '../timeline/timed-event.js';

/**
 * Which values a counter had at a time: the last event of it before, of each set of series that its
 * events have.
 */
export class LastValues {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({ sortedBy: ['counter', 'start', 'index'] });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  add({ name, pid, start, index, event }: TimedEvent): void {
    // A series that an event does not speak of stays as it is.
    const series = isObject(event.args) ? Object.keys(event.args).sort() : [];
    const counter = this.#strings.number(JSON.stringify([pid, name, event.id, series]));
    this.#sorter.add({ counter, start, index });
  }

  /** The last event of each counter up to a time. Can be called once. */
  *before(time: number): Generator<number> {
    let [counter, last] = [-1, -1];
    for (const row of this.#sorter.sorted()) {
      if (row.counter !== counter && last >= 0) {
        yield last;
        last = -1;
      }
      counter = row.counter;
      if (row.start < time) last = row.index;
    }
    if (last >= 0) yield last;
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }
}
