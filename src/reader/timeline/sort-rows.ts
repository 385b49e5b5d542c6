const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const LOW_RANGE = 2 ** 32;
/** Rows that are equal in the first keys are put in order one by one, up to this number of them. */
const FEW = 16;
/** So many places are rows moved on average, at the most, where they are nearly in order. */
const MAX_MOVES = 8;
/** Rows at the begin may be moved further. */
const FIRST_MOVES = 1000;
/** So many keys are sorted by their digits. The others count where these are equal. */
const BY_DIGITS = 2;

/** Rows of numbers, one behind the other, each `width` long. Their first `keys` columns are compared. */
export interface Rows {
  readonly values: Float64Array;
  readonly width: number;
  readonly keys: number;
  readonly count: number;
}

/**
 * The places of the rows in ascending order: the first key counts first; rows that are equal in all
 * keys keep their order.
 *
 * Traces are written track by track or in turns, and each track nearly in the order of time. Where that
 * does not hold, it is a radix sort, whose time does not depend on how the rows lie: sorting by
 * comparison took longer than reading the file.
 */
export function sortRows(rows: Rows): Uint32Array {
  const { keys, count } = rows;
  let order = asTheyAre(count);
  if (sortNearlySorted(rows, order)) return order;
  order = asTheyAre(count);
  const byFirstKey = sortByColumn(rows, 0, order);
  if (byFirstKey !== undefined && sortNearlySorted(rows, byFirstKey)) return byFirstKey;
  const byDigits = Math.min(keys, BY_DIGITS);
  for (let key = byDigits - 1; key >= 0; key--) {
    const sorted = sortByColumn(rows, key, order);
    if (sorted === undefined) return sortByComparison(rows, order, 0);
    order = sorted;
  }
  sortTies(rows, order, byDigits);
  return order;
}

function asTheyAre(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/** Less than 0 if the row at `a` comes before the one at `b`. */
export function compareRows(
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  keys: number,
): number {
  for (let i = 0; i < keys; i++) {
    const x = a[atA + i];
    const y = b[atB + i];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Worth a look before sorting: many tools write in the order of time. */
function isSorted({ values, width, keys, count }: Rows, order: Uint32Array): boolean {
  for (let i = 1; i < count; i++) {
    if (compareRows(values, order[i - 1] * width, values, order[i] * width, keys) > 0) return false;
  }
  return true;
}

/**
 * Sorts by insertion, as long as rows stand a few places from where they belong: complete events are
 * written at their ends, behind those inside them. False if it has given up; the order is then any.
 */
function sortNearlySorted({ values, width, keys }: Rows, order: Uint32Array): boolean {
  let moves = FIRST_MOVES;
  for (let i = 1; i < order.length; i++) {
    const row = order[i];
    let to = i;
    for (; to > 0; to--) {
      const before = order[to - 1];
      if (compareRows(values, before * width, values, row * width, keys) <= 0) break;
      order[to] = before;
    }
    order[to] = row;
    // What is in no order shows it soon.
    moves += MAX_MOVES - (i - to);
    if (moves < 0) return false;
  }
  return true;
}

/**
 * Sorts by one column, digit by digit from the lowest. Undefined where its values are too far apart
 * for their differences to be exact.
 */
function sortByColumn(rows: Rows, key: number, order: Uint32Array): Uint32Array | undefined {
  const { values, width, count } = rows;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0, at = key; i < count; i++, at += width) {
    const value = values[at];
    if (value < least) least = value;
    if (value > most) most = value;
    if (!Number.isSafeInteger(value)) return undefined;
  }
  const range = most - least;
  if (range === 0) return order;
  if (range > Number.MAX_SAFE_INTEGER) return undefined;
  if (range < DIGITS) return sortByNumber(rows, key, order, least);
  let now: Digits = { order, low: new Uint32Array(count), high: new Uint32Array(count) };
  for (let i = 0; i < count; i++) {
    const value = values[order[i] * width + key] - least;
    now.low[i] = value;
    now.high[i] = value / LOW_RANGE;
  }
  let next: Digits = {
    order: new Uint32Array(count),
    low: new Uint32Array(count),
    high: new Uint32Array(count),
  };
  for (let bits = 0; 2 ** bits <= range; bits += DIGIT_BITS) {
    sortByDigit(now, next, bits);
    [now, next] = [next, now];
  }
  return now.order;
}

/** Sorts by a column of few numbers, as those of threads are. */
function sortByNumber(
  { values, width }: Rows,
  key: number,
  order: Uint32Array,
  least: number,
): Uint32Array {
  const places = new Uint32Array(DIGITS);
  for (let i = 0; i < order.length; i++) places[values[order[i] * width + key] - least]++;
  makePlaces(places);
  const sorted = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    sorted[places[values[row * width + key] - least]++] = row;
  }
  return sorted;
}

/** Makes the place where the first one comes of each number, out of how often the numbers come. */
function makePlaces(places: Uint32Array): void {
  let sum = 0;
  for (let i = 0; i < places.length; i++) {
    const here = places[i];
    places[i] = sum;
    sum += here;
  }
}

/** The places of rows, and the values that these are sorted by, in two halves. */
interface Digits {
  readonly order: Uint32Array;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

function sortByDigit(from: Digits, to: Digits, bits: number): void {
  const { order, low, high } = from;
  const { order: toOrder, low: toLow, high: toHigh } = to;
  const places = new Uint32Array(DIGITS);
  for (let i = 0; i < order.length; i++) places[digit(low[i], high[i], bits)]++;
  makePlaces(places);
  for (let i = 0; i < order.length; i++) {
    const place = places[digit(low[i], high[i], bits)]++;
    toOrder[place] = order[i];
    toLow[place] = low[i];
    toHigh[place] = high[i];
  }
}

/** The digit that begins at a bit. One may lie in both halves. */
function digit(low: number, high: number, bits: number): number {
  if (bits >= 32) return (high >>> (bits - 32)) & (DIGITS - 1);
  const inLow = low >>> bits;
  const isWhole = bits + DIGIT_BITS <= 32;
  return (isWhole ? inLow : inLow | (high << (32 - bits))) & (DIGITS - 1);
}

/** Puts rows in order that are equal in the first keys. */
function sortTies(rows: Rows, order: Uint32Array, first: number): void {
  const { values, width, count, keys } = rows;
  if (first === keys) return;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    const at = order[from] * width;
    while (to < count && compareRows(values, at, values, order[to] * width, first) === 0) to++;
    if (to - from > FEW) sortByComparison(rows, order.subarray(from, to), first);
    else if (to - from > 1) sortFew(rows, order, from, to, first);
    from = to;
  }
}

/** By insertion. */
function sortFew(rows: Rows, order: Uint32Array, from: number, to: number, first: number): void {
  const { values, width, keys } = rows;
  for (let i = from + 1; i < to; i++) {
    const row = order[i];
    let at = i;
    for (; at > from; at--) {
      const before = order[at - 1];
      const [a, b] = [before * width + first, row * width + first];
      if (compareRows(values, a, values, b, keys - first) <= 0) break;
      order[at] = before;
    }
    order[at] = row;
  }
}

function sortByComparison(rows: Rows, order: Uint32Array, first: number): Uint32Array {
  const { values, width, keys } = rows;
  const compare = (a: number, b: number) =>
    compareRows(values, a * width + first, values, b * width + first, keys - first);
  if (isSorted({ ...rows, count: order.length }, order)) return order;
  return order.sort(compare);
}
