import { annotation, trackEvent } from '../../../encoding/perfetto/fields.js';
import type { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { hasSurrogateEscape, withoutSurrogateEscapes } from '../../../trace-event/surrogates.js';
import { FNV_PRIME } from '../../source/byte-strings.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isDigit,
  isExponent,
  isSpace,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  ZERO,
} from '../../source/json-bytes.js';
import type { Keys, UsedKeys } from './keys.js';

/** Room for an annotation but for its text. */
const ROOM = 64;
/** What lies deeper in objects and lists is written as JSON. */
const MAX_DEPTH = 32;
/** Numbers below this take one byte. */
const ONE_BYTE = 128;
/** Whole numbers of so many digits are counted up as integers of 32 bits; so many are exact as doubles. */
const INT32_DIGITS = 9;
const SAFE_DIGITS = 15;
const [LOWER_T, LOWER_N] = Buffer.from('tn');
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Writes arguments, which stand there as JSON, as debug annotations: from bytes to bytes. */
export class ArgumentEncoder {
  readonly #out: WireBuffer;
  readonly #keys: Keys;
  #used: UsedKeys;

  constructor(out: WireBuffer, keys: Keys, used: UsedKeys) {
    this.#out = out;
    this.#keys = keys;
    this.#used = used;
  }

  /** Writes the members of the object that begins there, for an event of the thread with these keys. */
  members(bytes: Uint8Array, from: number, used: UsedKeys): void {
    this.#used = used;
    this.#members(bytes, from, trackEvent.annotation, 0);
  }

  /** Writes the value that begins there as one annotation. */
  value(name: string, bytes: Uint8Array, from: number, used: UsedKeys): void {
    this.#used = used;
    const start = this.#openNamed(trackEvent.annotation, Buffer.from(name));
    this.#value(bytes, from, 0);
    this.#out.close(start);
  }

  /** Gives the place behind the object. */
  #members(bytes: Uint8Array, from: number, tag: number, depth: number): number {
    const out = this.#out;
    let at = behindSpace(bytes, from + 1);
    while (bytes[at] !== CLOSE_BRACE) {
      const name = at + 1;
      let hash = 0;
      let end = name;
      for (let byte = bytes[end]; byte !== QUOTE && byte !== BACKSLASH; byte = bytes[++end]) {
        hash = Math.imul(hash ^ byte, FNV_PRIME);
      }
      let start: number;
      if (bytes[end] === QUOTE) {
        start = this.#open(tag, bytes, name, end, hash);
        end++;
      } else {
        end = behindString(bytes, name);
        start = this.#openNamed(tag, decoded(bytes, name - 1, end));
      }
      // Behind the colon.
      at = behindSpace(bytes, behindSpace(bytes, end) + 1);
      at = behindSpace(bytes, this.#value(bytes, at, depth));
      out.close(start);
      if (bytes[at] === COMMA) at = behindSpace(bytes, at + 1);
    }
    return at + 1;
  }

  /** Writes the value that begins there into the annotation that is open. Gives the place behind it. */
  #value(bytes: Uint8Array, from: number, depth: number): number {
    const out = this.#out;
    out.reserve(ROOM);
    const byte = bytes[from];
    if (byte === QUOTE) return this.#string(bytes, from);
    if (byte === MINUS || isDigit(byte)) return this.#number(bytes, from);
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      const first = bytes[behindSpace(bytes, from + 1)];
      const isEmpty = first === CLOSE_BRACE || first === CLOSE_BRACKET;
      if (isEmpty || depth === MAX_DEPTH) return this.#json(bytes, from);
      if (byte === OPEN_BRACE) return this.#members(bytes, from, annotation.dictionary, depth + 1);
      return this.#list(bytes, from, depth);
    }
    // null is an annotation without a value: see `annotation.json`.
    if (byte === LOWER_N) return from + 4;
    out.field(annotation.bool, byte === LOWER_T ? 1 : 0);
    return from + (byte === LOWER_T ? 4 : 5);
  }

  #list(bytes: Uint8Array, from: number, depth: number): number {
    const out = this.#out;
    let at = behindSpace(bytes, from + 1);
    while (bytes[at] !== CLOSE_BRACKET) {
      out.reserve(ROOM);
      const start = out.open(annotation.array);
      at = behindSpace(bytes, this.#value(bytes, at, depth + 1));
      out.close(start);
      if (bytes[at] === COMMA) at = behindSpace(bytes, at + 1);
    }
    return at + 1;
  }

  #json(bytes: Uint8Array, from: number): number {
    const end = endOf(bytes, from);
    const text = textOf(bytes, from, end);
    if (hasSurrogateEscape(text)) {
      const json = Buffer.from(withoutSurrogateEscapes(text));
      this.#out.copy(annotation.json, json, 0, json.length);
    } else this.#out.copy(annotation.json, bytes, from, end - from);
    return end;
  }

  #string(bytes: Uint8Array, from: number): number {
    let end = from + 1;
    while (bytes[end] !== QUOTE && bytes[end] !== BACKSLASH) end++;
    if (bytes[end] === QUOTE) {
      this.#out.copy(annotation.string, bytes, from + 1, end - from - 1);
      return end + 1;
    }
    end = behindString(bytes, from + 1);
    const text = decoded(bytes, from, end);
    this.#out.copy(annotation.string, text, 0, text.length);
    return end;
  }

  #number(bytes: Uint8Array, from: number): number {
    const out = this.#out;
    let at = from;
    let value = 0;
    for (const end = at + INT32_DIGITS; at < end && isDigit(bytes[at]); at++) {
      value = Math.imul(value, 10) + (bytes[at] - ZERO);
    }
    if (at > from && !goesOn(bytes[at])) {
      out.field(annotation.int, value);
      return at;
    }
    const end = behindNumber(bytes, at);
    const text = textOf(bytes, from, end);
    const isWhole = /^-?\d+$/.test(text) && text !== '-0';
    if (!isWhole) this.#double(Number(text));
    else if (text.length <= SAFE_DIGITS) out.field(annotation.int, Number(text));
    else this.#integer(BigInt(text));
    return end;
  }

  #integer(value: bigint): void {
    const out = this.#out;
    if (value > UINT64_MAX || value < INT64_MIN) {
      this.#double(Number(value));
      return;
    }
    out.tag(value > INT64_MAX ? annotation.uint : annotation.int);
    out.long(value);
  }

  #double(value: number): void {
    this.#out.tag(annotation.double);
    this.#out.double(value);
  }

  /** Begins an annotation whose name stands in the bytes. Gives what `close()` needs. */
  #open(tag: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    const out = this.#out;
    out.reserve(ROOM);
    const id = this.#keys.id(bytes, from, to, hash, this.#used);
    if (id > 0 && id < ONE_BYTE) return out.openWith(tag, annotation.nameId, id);
    const start = out.open(tag);
    if (id > 0) out.field(annotation.nameId, id);
    else out.copy(annotation.name, bytes, from, to - from);
    return start;
  }

  #openNamed(tag: number, name: Uint8Array): number {
    let hash = 0;
    for (const byte of name) hash = Math.imul(hash ^ byte, FNV_PRIME);
    return this.#open(tag, name, 0, name.length, hash);
  }
}

/*
 * These pass over what is JSON for sure, so that they need not look at all of it. Strings may escape surrogates,
 * too: those that stand alone are decoded to U+FFFD.
 */

export function behindSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

/** The place behind the number that has begun before `from`. */
function behindNumber(bytes: Uint8Array, from: number): number {
  let at = from;
  while (goesOn(bytes[at]) || bytes[at] === MINUS || bytes[at] === PLUS) at++;
  return at;
}

/** The place behind the string whose quote stands before `from`. */
function behindString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** The place behind a value, however deep it is. */
function endOf(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const byte = bytes[at];
    if (byte === QUOTE) at = behindString(bytes, at + 1);
    else {
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      at++;
    }
  } while (depth > 0);
  return at;
}

/** Whether a number has more than the digits before this byte. */
function goesOn(byte: number): boolean {
  return isDigit(byte) || byte === POINT || isExponent(byte);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** The text of a string of JSON, with its quotes, as UTF-8. */
function decoded(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(JSON.parse(textOf(bytes, start, end)) as string);
}
