/** What is known by the number that its begin was given in its stream. */
interface Begun {
  readonly beginNumber: number;
}

const FIRST_PLACES = 16;

/**
 * Open spans of one thread by their begin numbers. These are given out one after the other, so each falls
 * on a place of its own. One that is open for so long that a later one falls on its place moves to a
 * `Map`. With all of them in a `Map`, in which little stands and soon leaves again, that would be made
 * anew all the time: it was a tenth of what the writer does for an operation.
 */
export class SpanTable<Span extends Begun> {
  /** The length is a power of two, and at least twice as many as stand there. */
  #places: (Span | undefined)[] = places(FIRST_PLACES);
  #placed = 0;
  readonly #moved = new Map<number, Span>();

  get size(): number {
    return this.#placed + this.#moved.size;
  }

  get(beginNumber: number): Span | undefined {
    const span = this.#places[beginNumber & (this.#places.length - 1)];
    if (span?.beginNumber === beginNumber) return span;
    return this.#moved.size === 0 ? undefined : this.#moved.get(beginNumber);
  }

  /** One that has the same number, as numbers start again in the end, is forgotten. */
  add(span: Span): void {
    if (this.#moved.size > 0) this.#moved.delete(span.beginNumber);
    if (2 * (this.#placed + 1) > this.#places.length) this.#grow();
    this.#put(span);
  }

  /** Whether it stood there. */
  delete(beginNumber: number): boolean {
    const place = beginNumber & (this.#places.length - 1);
    if (this.#places[place]?.beginNumber !== beginNumber) return this.#moved.delete(beginNumber);
    this.#places[place] = undefined;
    this.#placed--;
    return true;
  }

  *values(): Generator<Span, void, undefined> {
    yield* this.#moved.values();
    for (const span of this.#places) if (span !== undefined) yield span;
  }

  #put(span: Span): void {
    const place = span.beginNumber & (this.#places.length - 1);
    const before = this.#places[place];
    this.#places[place] = span;
    if (before === undefined) this.#placed++;
    else if (before.beginNumber !== span.beginNumber) this.#moved.set(before.beginNumber, before);
  }

  #grow(): void {
    const before = this.#places;
    this.#places = places(2 * before.length);
    this.#placed = 0;
    for (const span of before) if (span !== undefined) this.#put(span);
  }
}

function places<Span>(count: number): (Span | undefined)[] {
  return new Array<Span | undefined>(count).fill(undefined);
}
