/** Values are kept one by one up to this number. */
const MAX_EXACT = 10_000;
/** Beyond it, they are counted in buckets whose values differ by 1 % at the most. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** The last one is that of the longest time that a number can hold to the nanosecond, and of longer ones. */
const LAST_BUCKET = Math.floor(Math.log(Number.MAX_SAFE_INTEGER) / LOG_GROWTH) + 1;

/**
 * Count, sum and quantiles of any number of durations, in nanoseconds. Quantiles are exact up to
 * 10,000 values, and within half a percent beyond. (The libraries for that bring protobuf or
 * WebAssembly along.)
 */
export class Durations {
  count = 0;
  total = 0;
  max = 0;
  #values: number[] | undefined = [];
  #isSorted = true;
  /**
   * How many values there are by bucket: the logarithm of the value. 0 has none, and is in the first
   * one; all others are 1 ns or more.
   */
  #buckets = new Float64Array(0);

  add(duration: number): void {
    this.count++;
    this.total += duration;
    this.max = Math.max(this.max, duration);
    if (this.#values === undefined) this.#putIntoBucket(duration);
    else {
      this.#values.push(duration);
      this.#isSorted = false;
      if (this.#values.length > MAX_EXACT) this.#fold(this.#values);
    }
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.total / this.count;
  }

  /** The smallest value that is not below the given part (0 to 1) of all values. */
  quantile(part: number): number {
    if (this.count === 0) return 0;
    const rank = Math.max(1, Math.ceil(part * this.count));
    if (this.#values === undefined) return this.#fromBuckets(rank);
    // As an array of doubles: sorting one needs no function that compares.
    if (!this.#isSorted) this.#values = Array.from(Float64Array.from(this.#values).sort());
    this.#isSorted = true;
    return this.#values[rank - 1];
  }

  #fold(values: readonly number[]): void {
    this.#buckets = new Float64Array(LAST_BUCKET + 1);
    for (const value of values) this.#putIntoBucket(value);
    this.#values = undefined;
  }

  #putIntoBucket(value: number): void {
    const bucket = value < 1 ? 0 : 1 + Math.floor(Math.log(value) / LOG_GROWTH);
    this.#buckets[Math.min(bucket, LAST_BUCKET)]++;
  }

  #fromBuckets(rank: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count;
      if (seen < rank) continue;
      const middle = bucket === 0 ? 0 : Math.exp((bucket - 0.5) * LOG_GROWTH);
      return Math.min(this.max, Math.round(middle));
    }
    return this.max;
  }
}
