/** Times of threads, by the numbers of the threads. Those of a thread are given in the order of time. */
export class IntervalsByThread {
  readonly #starts: number[][] = [];
  readonly #ends: number[][] = [];

  add(thread: number, start: number, end: number): void {
    this.#starts[thread] ??= [];
    this.#ends[thread] ??= [];
    this.#starts[thread].push(start);
    this.#ends[thread].push(end);
  }

  /** Whether a time lies in one of a thread. */
  holds(thread: number, time: number): boolean {
    const at = lastUpTo(this.#starts[thread], time);
    return at >= 0 && time <= this.#ends[thread][at];
  }
}

/** Moments of threads. */
export class MomentsByThread {
  readonly #moments: number[][] = [];
  #sorted = true;
  count = 0;

  add(thread: number, time: number): void {
    this.#moments[thread] ??= [];
    this.#moments[thread].push(time);
    this.#sorted = false;
    this.count++;
  }

  /** Whether there is one of a thread from a time to another. */
  isIn(thread: number, start: number, end: number): boolean {
    this.#sort();
    const moments = this.#moments[thread];
    const at = lastUpTo(moments, end);
    return at >= 0 && moments[at] >= start;
  }

  /** Whether there is one of any thread. */
  isAnyIn(start: number, end: number): boolean {
    return this.#moments.some((_, thread) => this.isIn(thread, start, end));
  }

  #sort(): void {
    if (this.#sorted) return;
    for (const moments of this.#moments) moments?.sort((a, b) => a - b);
    this.#sorted = true;
  }
}

/** The place of the last number that is not above a limit; -1 where there is none. */
function lastUpTo(sorted: readonly number[] | undefined, limit: number): number {
  let [low, high] = [0, sorted?.length ?? 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted as readonly number[])[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
