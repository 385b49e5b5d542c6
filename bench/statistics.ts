/** Where the middle of many values lies, and how far they spread around it. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/**
 * The median, and the quantiles that leave out a share of the values at either end: 0.1 gives p10
 * and p90, 0 the least and the most.
 */
export function spread(values: readonly number[], leftOut: number): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    low: quantile(sorted, leftOut),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 1 - leftOut),
  };
}

/** The median, and both ends in brackets where they differ: `1.1 (1–1.4)`. */
export function showSpread(
  { low, median, high }: Spread,
  number: (value: number) => string,
): string {
  const [least, middle, most] = [low, median, high].map(number);
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}

/** Of an even number of values, the mean of the two in the middle. NaN where there are none. */
export function median(values: readonly number[]): number {
  return spread(values, 0).median;
}

/** Between two values, in proportion to the distance from each. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
