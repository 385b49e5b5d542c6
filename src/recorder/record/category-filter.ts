import { OwnMap, slice, split, trim } from '../../intrinsics/language.js';

/**
 * Which categories are recorded, by a comma-separated list: names, `*` for all, `-name` to leave one
 * out. A name wins over `*`. A list of exclusions only means all others.
 *
 * An event may have several categories, `'db,slow'`: it is recorded if one of them is.
 */
export class CategoryFilter {
  readonly #all: boolean;
  readonly #named = new OwnMap<string, boolean>();

  constructor(list: string) {
    const parts = split(list, ',');
    let hasStar = false;
    let onlyExclusions = true;
    for (let i = 0; i < parts.length; i++) {
      const part = trim(parts[i]);
      const excluded = part[0] === '-';
      if (part === '*') hasStar = true;
      else if (part !== '') this.#named.set(excluded ? slice(part, 1) : part, !excluded);
      if (part !== '' && !excluded) onlyExclusions = false;
    }
    this.#all = hasStar || onlyExclusions;
  }

  allows(category: string): boolean {
    const parts = split(category, ',');
    for (let i = 0; i < parts.length; i++) {
      if (this.#named.get(trim(parts[i])) ?? this.#all) return true;
    }
    return false;
  }
}
