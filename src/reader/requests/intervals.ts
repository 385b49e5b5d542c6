/** A time from one moment to another, in nanoseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** So many wait at least until they are put in order. */
const LEAST_WAITING = 16;

/** Intervals in order, as columns: there may be millions. */
interface Columns {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Intervals of time that do not overlap, in order. One that is added takes the place of those that it
 * covers: slices come when they end, so those inside of another one come before it.
 */
export class Intervals {
  #starts: number[] = [];
  #ends: number[] = [];
  /** Those that came too late to be put behind the others: they are put in order when there are many. */
  #waiting: Interval[] = [];

  /** How many are kept. */
  get count(): number {
    return this.#starts.length + this.#waiting.length;
  }

  get columns(): Columns {
    this.#sort();
    return { starts: this.#starts, ends: this.#ends };
  }

  add(start: number, end: number): void {
    const last = this.#starts.at(-1);
    // Nearly all are later than what is there.
    if (last === undefined || last <= end) {
      this.#addLast(start, end);
      return;
    }
    const around = firstAfter(this.#ends, start);
    if (this.#starts[around] <= start && this.#ends[around] >= end) return;
    this.#waiting.push({ start, end });
    if (this.#waiting.length > LEAST_WAITING + this.#starts.length) this.#sort();
  }

  #sort(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting.sort((a, b) => a.start - b.start);
    const [starts, ends] = [this.#starts, this.#ends];
    this.#waiting = [];
    this.#starts = [];
    this.#ends = [];
    let next = 0;
    for (const { start, end } of waiting) {
      for (; next < starts.length && starts[next] < start; next++) {
        this.#addLast(starts[next], ends[next]);
      }
      this.#addLast(start, end);
    }
    for (; next < starts.length; next++) this.#addLast(starts[next], ends[next]);
  }

  #addLast(start: number, end: number): void {
    const [starts, ends] = [this.#starts, this.#ends];
    let [from, to] = [start, end];
    while (ends.length > 0 && ends[ends.length - 1] >= from) {
      from = Math.min(from, starts.pop() as number);
      to = Math.max(to, ends.pop() as number);
    }
    starts.push(from);
    ends.push(to);
  }
}

/**
 * Of intervals that do not overlap, how much lies in others that do not, and what is left of them. Both
 * are in order.
 */
export function takeOut(
  from: readonly Interval[],
  others: Intervals,
): { readonly taken: number; readonly left: readonly Interval[] } {
  const { starts, ends } = others.columns;
  let taken = 0;
  const left: Interval[] = [];
  for (const { start, end } of from) {
    let at = start;
    for (let i = firstAfter(ends, start); i < starts.length && starts[i] < end; i++) {
      if (starts[i] > at) left.push({ start: at, end: starts[i] });
      const until = Math.min(end, ends[i]);
      taken += until - Math.max(at, starts[i]);
      at = until;
    }
    if (at < end) left.push({ start: at, end });
  }
  return { taken, left };
}

/** Index of the first that ends after a time. */
function firstAfter(ends: readonly number[], time: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
