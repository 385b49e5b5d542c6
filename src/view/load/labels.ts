import type { StringTable } from '../../reader/timeline/string-table.js';
import { keyOf } from '../../reader/timeline/thread-track.js';
import { Growing } from './growing.js';

/** Names with their categories, by numbers. */
export class Labels {
  readonly strings: StringTable;
  readonly names = new Growing(Uint32Array);
  readonly categories = new Growing(Uint32Array);
  readonly #numbers = new Map<number, number>();

  constructor(strings: StringTable) {
    this.strings = strings;
  }

  /** The number of a name and a category, which are numbers of texts. */
  number(label: { readonly name: number; readonly category: number }): number {
    const key = keyOf(label);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.names.count;
      this.#numbers.set(key, number);
      this.names.push(label.name);
      this.categories.push(label.category);
    }
    return number;
  }

  numberOf(name: string, category: string): number {
    return this.number({
      name: this.strings.number(name),
      category: this.strings.number(category),
    });
  }
}
