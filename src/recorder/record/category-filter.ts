/**
 * Which categories are recorded: a comma-separated list of names, `*` for all, `-name` to leave
 * one out. A list of nothing but exclusions starts from all. What is named wins over `*`.
 *
 * An event may carry several categories, `'db,slow'`: it is recorded if any of them is.
 */
export class CategoryFilter {
  readonly #all: boolean;
  readonly #named = new Map<string, boolean>();

  constructor(list: string) {
    const parts = list
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    this.#all = parts.includes('*') || parts.every((part) => part.startsWith('-'));
    for (const part of parts) {
      if (part === '*') continue;
      if (part.startsWith('-')) this.#named.set(part.slice(1), false);
      else this.#named.set(part, true);
    }
  }

  allows(category: string): boolean {
    return category.split(',').some((part) => this.#named.get(part.trim()) ?? this.#all);
  }
}
