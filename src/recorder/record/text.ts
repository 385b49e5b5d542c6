import type { Buffer } from 'node:buffer';
import { byteLength, charCodeAt, utf8Write } from '../../intrinsics/language.js';
import { WORD_BYTES } from '../arena/layout.js';
import { paddedWords } from '../arena/records.js';

/**
 * Up to about so many characters a loop in JavaScript is faster than a call of Node's encoder, if all
 * are ASCII, as in most names and values.
 */
const LOOP_LENGTH = 64;
const MAX_ASCII = 0x7f;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;

/** UTF-8 bytes of a text; lone surrogates count as U+FFFD. */
export function utf8Length(text: string): number {
  if (text.length <= LOOP_LENGTH) {
    let i = 0;
    while (i < text.length && charCodeAt(text, i) <= MAX_ASCII) i++;
    if (i === text.length) return i;
  }
  return byteLength(text);
}

/**
 * Writes a text as UTF-8, lone surrogates as U+FFFD. `size` is its {@link utf8Length}: a text of as
 * many characters is ASCII.
 */
export function writeUtf8(bytes: Buffer, at: number, text: string, size: number): void {
  const { length } = text;
  if (size === length && length <= LOOP_LENGTH) {
    for (let i = 0; i < length; i++) bytes[at + i] = charCodeAt(text, i);
    return;
  }
  utf8Write(bytes, text, at, size);
}

/** Two texts that stand behind each other in a record. */
interface TextPair {
  readonly first: string;
  readonly firstBytes: number;
  readonly second: string;
  readonly secondBytes: number;
  /** What {@link putTexts} takes, in words. */
  readonly words: number;
}

export function measureTexts(first: string, second: string): TextPair {
  const firstBytes = utf8Length(first);
  const secondBytes = utf8Length(second);
  return {
    first,
    firstBytes,
    second,
    secondBytes,
    words: 1 + paddedWords(firstBytes + secondBytes),
  };
}

/** Writes two texts at a word of a memory: a word with their lengths, then both. */
export function putTexts(int32: Int32Array, bytes: Buffer, at: number, texts: TextPair): void {
  const { first, firstBytes, second, secondBytes } = texts;
  int32[at << 1] = firstBytes;
  int32[(at << 1) + 1] = secondBytes;
  const start = (at + 1) * WORD_BYTES;
  writeUtf8(bytes, start, first, firstBytes);
  writeUtf8(bytes, start + firstBytes, second, secondBytes);
}

/** Whether a text is short and needs no escapes in JSON: it only has to be put in quotes. */
export function isPlainJson(text: string): boolean {
  const { length } = text;
  if (length > LOOP_LENGTH) return false;
  for (let i = 0; i < length; i++) {
    const code = charCodeAt(text, i);
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}
