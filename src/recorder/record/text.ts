import type { Buffer } from 'node:buffer';
import { charCodeAt, math, byteLength as measure, utf8Write } from '../../intrinsics/language.js';
import { WORD_BYTES } from '../arena/layout.js';

/**
 * Names and values are mostly short and ASCII: a loop in JavaScript beats the call into Node's
 * encoder up to about this many characters.
 */
const LOOP_LENGTH = 64;

/** UTF-8 bytes of a text; lone surrogates count as U+FFFD. */
export function utf8Length(text: string): number {
  if (text.length <= LOOP_LENGTH) {
    let i = 0;
    while (i < text.length && charCodeAt(text, i) < 0x80) i++;
    if (i === text.length) return i;
  }
  return measure(text);
}

export function paddedWords(byteLength: number): number {
  return math.ceil(byteLength / WORD_BYTES);
}

/**
 * Writes a text as UTF-8, lone surrogates as U+FFFD. `byteLength` is what {@link utf8Length} said:
 * where it equals the number of characters the text is ASCII.
 */
export function writeUtf8(bytes: Buffer, at: number, text: string, byteLength: number): void {
  const { length } = text;
  if (byteLength === length && length <= LOOP_LENGTH) {
    for (let i = 0; i < length; i++) bytes[at + i] = charCodeAt(text, i);
    return;
  }
  utf8Write(bytes, text, at, byteLength);
}
