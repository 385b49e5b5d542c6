import { OwnMap } from '../../intrinsics/language.js';
import { METADATA_CATEGORY } from '../../trace-event/defaults.js';
import { CATEGORY_OF_BEGIN, MAX_LABEL } from '../arena/records.js';
import type { CategoryFilter } from './category-filter.js';

/** Strings longer than this are not worth remembering: they are data rather than names. */
const MAX_INTERNED_LENGTH = 256;
const MAX_CATEGORIES = 1024;

/** The names seen in one category, and whether the category is recorded at all. */
export interface Category {
  readonly name: string;
  readonly enabled: boolean;
  readonly labels: Map<string, number>;
}

/**
 * The labels that one stream has defined. Bounded: when it is full, labels that it holds are still
 * found, and all others travel in their records.
 */
export class LabelTable {
  readonly #filter: CategoryFilter;
  readonly #categories = new OwnMap<string, Category>();
  #last = 0;

  constructor(filter: CategoryFilter) {
    this.#filter = filter;
  }

  category(name: string): Category {
    let category = this.#categories.get(name);
    if (category === undefined) {
      const unfiltered = name === CATEGORY_OF_BEGIN || name === METADATA_CATEGORY;
      const enabled = unfiltered || this.#filter.allows(name);
      category = { name, enabled, labels: new OwnMap() };
      if (this.#categories.size < MAX_CATEGORIES) this.#categories.set(name, category);
    }
    return category;
  }

  /** The number for a new label; 0 where its name and category must travel in the record. */
  next(category: Category, name: string): number {
    if (this.#last >= MAX_LABEL || name.length > MAX_INTERNED_LENGTH) return 0;
    // A category that found no place in the table is forgotten at the next one, with its labels.
    if (this.#categories.get(category.name) !== category) return 0;
    return this.#last + 1;
  }

  /** Remembers a label once its definition has been written. */
  add(category: Category, name: string, label: number): void {
    category.labels.set(name, label);
    this.#last = label;
  }
}

/** So many labels are found without a look-up, one for each length of a name, modulo this: a power of two. */
export const LAST_LABELS = 8;

/** What was looked up last of the names of a length. */
interface LastLabel {
  name: string | undefined;
  category: string | undefined;
  label: number;
}

export function noLabels(): LastLabel[] {
  const labels: LastLabel[] = [];
  for (let i = 0; i < LAST_LABELS; i++) {
    labels[i] = { name: undefined, category: undefined, label: 0 };
  }
  return labels;
}
