import { bytesBefore, FOUR, fourAt, notDigits, valueOfDigits } from './four-bytes.js';
import {
  afterDigits,
  afterNumber,
  isDigit,
  isExponent,
  MINUS,
  ODD,
  POINT,
  ZERO,
} from './json-bytes.js';

/** A double holds these exactly, and so divides rightly by them. */
const POWERS_OF_10 = Float64Array.from({ length: 20 }, (_, i) => 10 ** i);
/** Numbers of so many digits are exact. */
const SAFE_DIGITS = 15;

/*
 * These put what begins at `from` into a column, and give the place behind it, or ODD. A number that a
 * function gives back is an object where it is no small integer: that would be two for each event.
 */

/** A number, as JSON.parse() gives it. */
export function number(bytes: DataView, from: number, column: Float64Array, row: number): number {
  let at = from;
  let value = 0;
  /** Where the decimals begin. */
  let decimalsAt = 0;
  for (;;) {
    let four = fourAt(bytes, at);
    let odd = notDigits(four);
    while (odd === 0) {
      value = value * 10_000 + valueOfDigits(four, FOUR);
      at += FOUR;
      four = fourAt(bytes, at);
      odd = notDigits(four);
    }
    const rest = bytesBefore(odd);
    if (rest > 0) value = value * POWERS_OF_10[rest] + valueOfDigits(four, rest);
    at += rest;
    if (bytes.getUint8(at) !== POINT || decimalsAt > 0) break;
    decimalsAt = ++at;
  }
  const decimals = decimalsAt > 0 ? at - decimalsAt : 0;
  const whole = decimalsAt > 0 ? decimalsAt - 1 - from : at - from;
  const isSimple =
    whole > 0 &&
    (whole === 1 || bytes.getUint8(from) !== ZERO) &&
    decimalsAt !== at &&
    value <= Number.MAX_SAFE_INTEGER &&
    decimals < POWERS_OF_10.length &&
    !isExponent(bytes.getUint8(at));
  if (!isSimple) return anyNumber(bytes, from, column, row);
  // Of two doubles that are exact the quotient is the double nearest to the decimal number.
  column[row] = decimals === 0 ? value : value / POWERS_OF_10[decimals];
  return at;
}

function anyNumber(bytes: DataView, from: number, column: Float64Array, row: number): number {
  const end = afterNumber(bytes, from);
  if (end === ODD) return ODD;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1');
  column[row] = Number(text);
  return end;
}

/** A whole number, without a sign, of 32 bits. */
export function uint32(bytes: DataView, from: number, column: Uint32Array, row: number): number {
  let at = from;
  let value = 0;
  let four = fourAt(bytes, at);
  let odd = notDigits(four);
  if (odd === 0) {
    value = valueOfDigits(four, FOUR);
    at += FOUR;
    four = fourAt(bytes, at);
    odd = notDigits(four);
  }
  if (odd === 0) return anyUint32(bytes, from, column, row);
  const rest = bytesBefore(odd);
  if (rest > 0) value = Math.imul(value, POWERS_OF_10[rest]) + valueOfDigits(four, rest);
  at += rest;
  const isPlain = at > from && (bytes.getUint8(from) !== ZERO || at === from + 1);
  const next = bytes.getUint8(at);
  if (!isPlain || next === POINT || isExponent(next)) {
    return anyUint32(bytes, from, column, row);
  }
  column[row] = value;
  return at;
}

/** The same, however it is written. */
function anyUint32(bytes: DataView, from: number, column: Uint32Array, row: number): number {
  const end = number(bytes, from, anyValue, 0);
  const [value] = anyValue;
  // Another number is another one in the column.
  column[row] = value;
  return column[row] === value && bytes.getUint8(from) !== MINUS ? end : ODD;
}

/** Room for a number that may not fit into its column. */
const anyValue = new Float64Array(1);

/** Whether a number is whole, and exact as a double. */
export function isSafeInteger(bytes: DataView, from: number, to: number): boolean {
  const digits = bytes.getUint8(from) === MINUS ? from + 1 : from;
  return to - digits <= SAFE_DIGITS && afterDigits(bytes, digits) === to;
}

/** Whether there may be a number beyond 2^53: as an id it must not be rounded. */
export function mayHoldLongNumber(bytes: DataView, from: number, to: number): boolean {
  let digits = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes.getUint8(at);
    if (digits > 0 && isExponent(byte)) return true;
    digits = isDigit(byte) ? digits + 1 : 0;
    if (digits > SAFE_DIGITS) return true;
  }
  return false;
}
