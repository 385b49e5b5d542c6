type Column = Float64Array | Uint32Array;
type Kind<T extends Column> = new (length: number) => T;

/** A trace may have a hundred thousand counters, of which each has a few values. */
const FIRST = 32;

/** Numbers that are added one by one, or by their places; those that are not given are `empty`. */
export class Growing<T extends Column> {
  count = 0;
  #values: T;
  readonly #kind: Kind<T>;
  readonly #empty: number;

  constructor(kind: Kind<T>, empty = 0) {
    this.#kind = kind;
    this.#empty = empty;
    this.#values = new kind(FIRST).fill(empty) as T;
  }

  push(value: number): void {
    this.set(this.count, value);
  }

  set(place: number, value: number): void {
    if (place >= this.#values.length) this.#grow(place);
    this.#values[place] = value;
    if (place >= this.count) this.count = place + 1;
  }

  get(place: number): number {
    return place < this.count ? this.#values[place] : this.#empty;
  }

  /** All of them; valid until the next one is added. */
  get values(): T {
    return this.#values.subarray(0, this.count) as T;
  }

  #grow(place: number): void {
    const grown = new this.#kind(Math.max(2 * this.#values.length, place + 1));
    grown.set(this.#values);
    this.#values = grown.fill(this.#empty, this.#values.length) as T;
  }
}
