/**
 * Four bytes of JSON at once, as a number of 32 bits, the first one lowest: looking at each by itself takes a third
 * longer, or two. In the arithmetic below, what is carried out of a byte changes only bytes behind one that counts as
 * not plain, or as no digit; and only what is before that one is used.
 */

/** All of them. */
export const FOUR = 4;
const BYTE_BITS = 8;
const FOUR_BITS = FOUR * BYTE_BITS;

/** The same byte, or bit, in all four. */
const EACH = 0x01010101;
const SPACES = 0x20 * EACH;
const QUOTES = 0x22 * EACH;
const BACKSLASHES = 0x5c * EACH;
const ZEROS = 0x30 * EACH;
const HIGH_BITS = 0x80808080 | 0;
const HIGH_HALVES = 0xf0f0f0f0 | 0;
/** Added to a digit of 10 or more, it makes one of 16 or more. */
const SIXES = 6 * EACH;

export function fourAt(bytes: DataView, at: number): number {
  return bytes.getInt32(at, true);
}

/**
 * Bits in those that do not only stand for themselves in a string: quotes, backslashes, control characters, and
 * what is beyond ASCII.
 */
export function notPlain(four: number): number {
  // A byte from which more is taken than it is gets its highest bit, as a byte beyond ASCII has.
  const belowSpace = four - SPACES;
  const isQuote = (four ^ QUOTES) - EACH;
  const isBackslash = (four ^ BACKSLASHES) - EACH;
  return (four | belowSpace | isQuote | isBackslash) & HIGH_BITS;
}

/** Bits in those that are no digits. */
export function notDigits(four: number): number {
  const values = four ^ ZEROS;
  return (values | (values + SIXES)) & HIGH_HALVES;
}

/** How many stand before the first one with such a bit. There is one. */
export function bytesBefore(bits: number): number {
  const lowest = bits & -bits;
  return (FOUR_BITS - 1 - Math.clz32(lowest)) >> 3;
}

/** The first ones, one to four of them, read as decimal digits. */
export function valueOfDigits(four: number, count: number): number {
  // As if there were zeros before them.
  const values = (four ^ ZEROS) << (FOUR_BITS - BYTE_BITS * count);
  const pairs = (Math.imul(values, 10) + (values >>> BYTE_BITS)) & 0x00ff00ff;
  return (Math.imul(pairs, 100) + (pairs >>> (2 * BYTE_BITS))) & 0xffff;
}

/** The first ones, three at the most, with zeros for the others. */
export function firstBytes(four: number, count: number): number {
  return four & ((1 << (BYTE_BITS * count)) - 1);
}
