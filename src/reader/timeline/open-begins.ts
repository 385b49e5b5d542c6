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

  get isEmpty(): boolean {
    return this.#begins.length === 0;
  }

  push(begin: T): void {
    this.#begins.push(begin);
  }

  end(begin: T): void {
    if (begin === this.last) this.#begins.pop();
    else this.#ended.add(begin);
    while (this.#ended.size > 0 && this.#ended.delete(this.last as T)) this.#begins.pop();
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const begin of this.#begins) if (!this.#ended.has(begin)) yield begin;
  }
}

/** The same for begins of many kinds, each kind on its own. */
export class OpenBeginsByKind<K, T> {
  readonly #kinds = new Map<K, OpenBegins<T>>();

  /** The last one begun of the kind. */
  last(kind: K): T | undefined {
    return this.#kinds.get(kind)?.last;
  }

  push(kind: K, begin: T): void {
    let begins = this.#kinds.get(kind);
    if (begins === undefined) {
      begins = new OpenBegins();
      this.#kinds.set(kind, begins);
    }
    begins.push(begin);
  }

  end(kind: K, begin: T): void {
    const begins = this.#kinds.get(kind);
    begins?.end(begin);
    if (begins?.isEmpty) this.#kinds.delete(kind);
  }
}
