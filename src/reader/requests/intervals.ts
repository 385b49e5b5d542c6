/** A time from one moment to another, in nanoseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** So many wait at least until they are put in order. */
const LEAST_WAITING = 16;

/**
 * Intervals of time that do not overlap, in order. One that is added takes the place of those that it
 * covers: slices come when they end, so those inside of another one come before it.
 */
export class Intervals {
  #all: Interval[] = [];
  /** Those that came too late to be put behind the others: they are put in order when there are many. */
  #waiting: Interval[] | undefined;

  get all(): readonly Interval[] {
    this.#sort();
    return this.#all;
  }

  add(start: number, end: number): void {
    const last = this.#all.at(-1);
    // Nearly all are later than what is there.
    if (last === undefined || last.start <= end) {
      this.#addLast(start, end);
      return;
    }
    const around = this.#all[firstAfter(this.#all, start)];
    if (around.start <= start && around.end >= end) return;
    this.#waiting ??= [];
    this.#waiting.push({ start, end });
    if (this.#waiting.length > LEAST_WAITING + this.#all.length) this.#sort();
  }

  #sort(): void {
    if (this.#waiting === undefined) return;
    const all = [...this.#all, ...this.#waiting].sort((a, b) => a.start - b.start);
    this.#all = [];
    this.#waiting = undefined;
    for (const { start, end } of all) this.#addLast(start, end);
  }

  #addLast(start: number, end: number): void {
    const all = this.#all;
    let [from, to] = [start, end];
    let first = all.length;
    while (first > 0 && all[first - 1].end >= from) {
      first--;
      from = Math.min(from, all[first].start);
      to = Math.max(to, all[first].end);
    }
    all.length = first;
    all.push({ start: from, end: to });
  }
}

/**
 * Of intervals that do not overlap, how much lies in others that do not, and what is left of them. Both
 * are in order.
 */
export function takeOut(
  from: readonly Interval[],
  others: readonly Interval[],
): { readonly taken: number; readonly left: readonly Interval[] } {
  let taken = 0;
  const left: Interval[] = [];
  for (const { start, end } of from) {
    let at = start;
    for (let i = firstAfter(others, start); i < others.length && others[i].start < end; i++) {
      const other = others[i];
      if (other.start > at) left.push({ start: at, end: other.start });
      const until = Math.min(end, other.end);
      taken += until - Math.max(at, other.start);
      at = until;
    }
    if (at < end) left.push({ start: at, end });
  }
  return { taken, left };
}

/** Index of the first that ends after a time. */
function firstAfter(all: readonly Interval[], time: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].end > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
