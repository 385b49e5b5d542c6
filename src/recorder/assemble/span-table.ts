/** What is known by the number that its begin was given in its stream. */
interface Begun {
  readonly beginNumber: number;
}

const FIRST_PLACES = 16;

/**
 * Open spans of one thread by their begin numbers. These are given out one after the other, so each falls on a
 * place of its own, unless it stays open for very long. A `Map` in which little stands, and that soon leaves again, is
 * made anew all the time: that was a tenth of what the writer does for an operation.
 */
export class SpanTable<Span extends Begun> {
  size = 0;
  /** The length is a power of two, and at least twice as many as stand there. */
  #places: (Span | undefined)[] = places(FIRST_PLACES);

  get(beginNumber: number): Span | undefined {
    return this.#places[this.#find(beginNumber)];
  }

  add(span: Span): void {
    if (2 * (this.size + 1) > this.#places.length) this.#grow();
    const place = this.#find(span.beginNumber);
    if (this.#places[place] === undefined) this.size++;
    this.#places[place] = span;
  }

  /** Whether it stood there. */
  delete(beginNumber: number): boolean {
    const all = this.#places;
    const mask = all.length - 1;
    let gap = this.#find(beginNumber);
    if (all[gap] === undefined) return false;
    // Whoever stands behind because this place was taken comes nearer: a search ends at the first free place.
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const span = all[at];
      if (span === undefined) break;
      const wanted = span.beginNumber & mask;
      if (((at - wanted) & mask) < ((at - gap) & mask)) continue;
      all[gap] = span;
      gap = at;
    }
    all[gap] = undefined;
    this.size--;
    return true;
  }

  *values(): Generator<Span, void, undefined> {
    for (const span of this.#places) if (span !== undefined) yield span;
  }

  /** The place of that number, or the free one where it would stand. */
  #find(beginNumber: number): number {
    const all = this.#places;
    const mask = all.length - 1;
    let at = beginNumber & mask;
    for (let span = all[at]; span !== undefined; span = all[at]) {
      if (span.beginNumber === beginNumber) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = places(2 * before.length);
    for (const span of before) {
      if (span !== undefined) this.#places[this.#find(span.beginNumber)] = span;
    }
  }
}

function places<Span>(count: number): (Span | undefined)[] {
  return new Array<Span | undefined>(count).fill(undefined);
}
