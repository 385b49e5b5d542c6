import { bytesBefore, FOUR, fourAt, notDigits, notPlain } from './four-bytes.js';

/**
 * Passing over JSON as bytes, without making values of it. What these functions take is what
 * `JSON.parse` takes; a little more they refuse, which is for the slow way to look at.
 *
 * All of them ask for a byte of 0 behind the last one, which stands in no JSON, and for {@link MARGIN}: so
 * none needs to look where the bytes end.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
export const MINUS = 0x2d;
export const PLUS = 0x2b;
export const POINT = 0x2e;
export const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LOWER_D = 0x64;
const LOWER_U = 0x75;
const CASE_BIT = 0x20;
/** From here on, a byte is one of several of a character. */
export const BEYOND_ASCII = 0x80;

/** Room behind the last byte: a byte of 0, and what is looked at together with it, whatever that is. */
export const MARGIN = 16;

/** Given in place of a place: it is no JSON, or JSON that is left to the slow way, or not whole. */
export const ODD = -1;

/** Objects and arrays that may lie in each other; what is deeper is left to the slow way. */
const MAX_NESTING = 256;
const IN_OBJECT = 1;
const IN_ARRAY = 0;
/** For each level that is open, which of the two it is. Used by one call at a time. */
const nesting = new Uint8Array(MAX_NESTING);

/** What may follow a backslash, but for `u`. */
const ESCAPABLE = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

export function isSpace(byte: number): boolean {
  // All else that JSON is made of is beyond it: most bytes are done with one comparison.
  return byte <= SPACE && (byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB);
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Whether an exponent begins with a byte. */
export function isExponent(byte: number): boolean {
  return (byte | CASE_BIT) === LOWER_E;
}

/** The place of the first byte that is no white space. */
export function afterSpace(bytes: DataView, from: number): number {
  let at = from;
  while (isSpace(bytes.getUint8(at))) at++;
  return at;
}

/** The place of the first byte that does not only stand for itself in a string. */
export function afterPlain(bytes: DataView, from: number): number {
  let at = from;
  let odd = notPlain(fourAt(bytes, at));
  for (; odd === 0; odd = notPlain(fourAt(bytes, at))) at += FOUR;
  return at + bytesBefore(odd);
}

/** The place behind the string whose quote stands before `from`. */
export function afterString(bytes: DataView, from: number): number {
  let at = from;
  for (;;) {
    at = afterPlain(bytes, at);
    const byte = bytes.getUint8(at);
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at = afterEscape(bytes, at + 1);
    else at = byte < BEYOND_ASCII ? ODD : afterCharacter(bytes, at);
    if (at === ODD) return ODD;
  }
}

/** Escapes of surrogates are odd: Perfetto gives up the file for one. */
function afterEscape(bytes: DataView, at: number): number {
  const byte = bytes.getUint8(at);
  if (ESCAPABLE[byte] === 1) return at + 1;
  if (byte !== LOWER_U) return ODD;
  for (let i = 1; i <= 4; i++) if (!isHex(bytes.getUint8(at + i))) return ODD;
  const isSurrogate =
    (bytes.getUint8(at + 1) | CASE_BIT) === LOWER_D && !isBelow8(bytes.getUint8(at + 2));
  return isSurrogate ? ODD : at + 5;
}

function isHex(byte: number): boolean {
  const lower = byte | CASE_BIT;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function isBelow8(byte: number): boolean {
  return byte >= ZERO && byte < ZERO + 8;
}

/** The place behind a character of several bytes, if these are UTF-8. */
export function afterCharacter(bytes: DataView, at: number): number {
  const first = bytes.getUint8(at);
  const second = bytes.getUint8(at + 1);
  // The least second byte where a shorter form would do, the largest one where surrogates, or what
  // is beyond Unicode, would begin.
  let [least, most, length] = [0x80, 0xbf, 2];
  if (first < 0xc2) return ODD;
  if (first >= 0xe0) {
    length = first < 0xf0 ? 3 : 4;
    if (first === 0xe0) least = 0xa0;
    else if (first === 0xed) most = 0x9f;
    else if (first === 0xf0) least = 0x90;
    else if (first === 0xf4) most = 0x8f;
    else if (first > 0xf4) return ODD;
  }
  if (second < least || second > most) return ODD;
  for (let i = 2; i < length; i++) if ((bytes.getUint8(at + i) & 0xc0) !== 0x80) return ODD;
  return at + length;
}

/** The place behind a number. */
export function afterNumber(bytes: DataView, from: number): number {
  let at = bytes.getUint8(from) === MINUS ? from + 1 : from;
  if (!isDigit(bytes.getUint8(at))) return ODD;
  if (bytes.getUint8(at) === ZERO) at++;
  else at = afterDigits(bytes, at);
  if (bytes.getUint8(at) === POINT) {
    if (!isDigit(bytes.getUint8(at + 1))) return ODD;
    at = afterDigits(bytes, at + 1);
  }
  if (isExponent(bytes.getUint8(at))) {
    at++;
    if (bytes.getUint8(at) === PLUS || bytes.getUint8(at) === MINUS) at++;
    if (!isDigit(bytes.getUint8(at))) return ODD;
    at = afterDigits(bytes, at);
  }
  return at;
}

/** The place behind the digits that begin at `from`, if there are any. */
export function afterDigits(bytes: DataView, from: number): number {
  let at = from;
  let odd = notDigits(fourAt(bytes, at));
  for (; odd === 0; odd = notDigits(fourAt(bytes, at))) at += FOUR;
  return at + bytesBefore(odd);
}

/** The place behind `true`, `false` or `null`. */
function afterWord(bytes: DataView, at: number): number {
  const [a, b, c, d] = [
    bytes.getUint8(at),
    bytes.getUint8(at + 1),
    bytes.getUint8(at + 2),
    bytes.getUint8(at + 3),
  ];
  if (a === 0x74) return b === 0x72 && c === 0x75 && d === 0x65 ? at + 4 : ODD;
  if (a === 0x6e) return b === 0x75 && c === 0x6c && d === 0x6c ? at + 4 : ODD;
  const isFalse =
    a === 0x66 && b === 0x61 && c === 0x6c && d === 0x73 && bytes.getUint8(at + 4) === 0x65;
  return isFalse ? at + 5 : ODD;
}

/** The place behind the value that begins at `from`. */
export function afterValue(bytes: DataView, from: number): number {
  let at = from;
  let depth = 0;
  for (;;) {
    // A value begins here.
    const byte = bytes.getUint8(at);
    if (byte === QUOTE) at = afterString(bytes, at + 1);
    else if (byte === OPEN_BRACE) {
      at = afterSpace(bytes, at + 1);
      if (bytes.getUint8(at) === CLOSE_BRACE) at++;
      else {
        if (depth === MAX_NESTING) return ODD;
        nesting[depth++] = IN_OBJECT;
        at = afterKey(bytes, at);
        if (at === ODD) return ODD;
        continue;
      }
    } else if (byte === OPEN_BRACKET) {
      at = afterSpace(bytes, at + 1);
      if (bytes.getUint8(at) === CLOSE_BRACKET) at++;
      else {
        if (depth === MAX_NESTING) return ODD;
        nesting[depth++] = IN_ARRAY;
        continue;
      }
    } else if (byte === MINUS || isDigit(byte)) at = afterNumber(bytes, at);
    else at = afterWord(bytes, at);
    if (at === ODD) return ODD;
    // It is over, and so may be those around it.
    for (;;) {
      if (depth === 0) return at;
      at = afterSpace(bytes, at);
      const behind = bytes.getUint8(at);
      const inObject = nesting[depth - 1] === IN_OBJECT;
      if (behind === COMMA) {
        at = afterSpace(bytes, at + 1);
        if (inObject) at = afterKey(bytes, at);
        if (at === ODD) return ODD;
        break;
      }
      if (behind !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) return ODD;
      at++;
      depth--;
    }
  }
}

/** The place of the value behind a key and its colon. */
function afterKey(bytes: DataView, from: number): number {
  if (bytes.getUint8(from) !== QUOTE) return ODD;
  const end = afterString(bytes, from + 1);
  if (end === ODD) return ODD;
  const colon = afterSpace(bytes, end);
  return bytes.getUint8(colon) === COLON ? afterSpace(bytes, colon + 1) : ODD;
}
