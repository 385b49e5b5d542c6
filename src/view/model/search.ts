type Column = Float64Array | Uint32Array;

/** The first place in a part of an ascending column whose value is not below a number, or the end of it. */
export function firstFrom(column: Column, value: number, from = 0, to = column.length): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column[middle] >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The same for values that are above it. */
export function firstAbove(column: Column, value: number, from = 0, to = column.length): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * As {@link firstFrom}, where the place is likely to be near the begin: looks at steps of 1, 2, 4, … so
 * that many small steps over a long column stay in what the processor has at hand.
 */
export function firstFromNear(column: Column, value: number, from: number, to: number): number {
  let low = from;
  for (let step = 1; low + step < to && column[low + step] < value; step *= 2) low += step;
  let high = to;
  for (let step = 1; low + step < to; step *= 2) {
    if (column[low + step] < value) continue;
    high = low + step + 1;
    break;
  }
  return firstFrom(column, value, low, high);
}
