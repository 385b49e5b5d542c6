/** A time from one moment to another, in nanoseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * Intervals of time that do not overlap, in order. One that is added takes the place of those that it
 * covers: slices come when they end, so those inside of another one come before it.
 */
export class Intervals {
  readonly #all: Interval[] = [];

  get all(): readonly Interval[] {
    return this.#all;
  }

  add(start: number, end: number): void {
    const all = this.#all;
    let at = all.length;
    let [from, to] = [start, end];
    // Nearly all are later than what is there.
    while (at > 0 && all[at - 1].start > to) at--;
    let first = at;
    while (first > 0 && all[first - 1].end >= from) {
      first--;
      from = Math.min(from, all[first].start);
      to = Math.max(to, all[first].end);
    }
    all.splice(first, at - first, { start: from, end: to });
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
