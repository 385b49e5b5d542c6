/** Values are kept one by one up to this number. */
export const MAX_EXACT = 10_000;
/**
 * Beyond it, they are counted in buckets: those whose first bits as doubles are the same, that is the
 * exponent and as many bits of the fraction. The values of a bucket differ by less than 1 %.
 */
const FRACTION_BITS = 7;
const SHIFT = 20 - FRACTION_BITS;
/** The first bits of 1: what is shorter is 0. */
const ONE = 0x3ff << FRACTION_BITS;
/** Up to the longest time that a number can hold to the nanosecond. Longer ones are in the last one. */
export const BUCKETS = 2 + (53 << FRACTION_BITS);

/** A double, and its bits: the high half is the second one where bytes stand in the usual order. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
double[0] = 1;
const HIGH = halves[1] === 0 ? 0 : 1;

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
  /** How many values there are by bucket. */
  #buckets = new Uint32Array(0);

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
    this.#buckets = new Uint32Array(BUCKETS);
    for (const value of values) this.#putIntoBucket(value);
    this.#values = undefined;
  }

  #putIntoBucket(value: number): void {
    this.#buckets[bucketOf(value)]++;
  }

  #fromBuckets(rank: number): number {
    return Math.min(this.max, valueOfRank(this.#buckets, rank));
  }
}

/** The bucket in which a value is counted. That of 0 is the first one; all others are 1 or more. */
export function bucketOf(value: number): number {
  if (value < 1) return 0;
  double[0] = value;
  const bucket = 1 + (halves[HIGH] >>> SHIFT) - ONE;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/** The middle of the bucket in which the value of a rank is, from 1. */
export function valueOfRank(buckets: ArrayLike<number>, rank: number): number {
  let seen = 0;
  let bucket = -1;
  while (seen < rank && bucket < BUCKETS - 1) seen += buckets[++bucket];
  return bucket <= 0 ? 0 : Math.round(middleOf(bucket));
}

function middleOf(bucket: number): number {
  halves[1 - HIGH] = 0;
  halves[HIGH] = (bucket - 1 + ONE) << SHIFT;
  const least = double[0];
  halves[HIGH] = (bucket + ONE) << SHIFT;
  return (least + double[0]) / 2;
}
