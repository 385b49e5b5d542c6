/**
 * Begins that are open, in their order. They may end in any order, each in constant time on average:
 * one that ends before a later one stays where it is, marked, until it is the last.
 */
export class OpenBegins<T> {
  readonly #begins: T[] = [];
  readonly #ended = new Set<T>();

  /** The last one begun that is open. */
  get last(): T | undefined {
    return this.#begins.at(-1);
  }

  push(begin: T): void {
    this.#begins.push(begin);
  }

  end(begin: T): void {
    this.#ended.add(begin);
    while (this.last !== undefined && this.#ended.delete(this.last)) this.#begins.pop();
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const begin of this.#begins) if (!this.#ended.has(begin)) yield begin;
  }
}
