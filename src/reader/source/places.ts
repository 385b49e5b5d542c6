import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  NEWLINE,
  OPEN_BRACE,
  QUOTE,
} from './json-bytes.js';

/**
 * Places in the text of a list of events that may be broken anywhere. Unlike what json-bytes.ts has, these
 * functions take nothing for granted: no byte of 0 behind the last one, and no JSON.
 */

/** Given in place of where something ends: its end is not in these bytes, and more are needed. */
export const MORE = -1;

/** The place of the first byte that is no white space, or the end of the bytes. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at])) at++;
  return at;
}

/** The place behind the closing quote of the string, or MORE. */
export function stringEnd(bytes: Buffer, from: number): number {
  for (let i = from + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i + 1;
  }
  return MORE;
}

/**
 * Whether an event begins here: a brace and, inside it, the quote of a name. Commas may stand
 * before.
 */
export function startsEvent(bytes: Buffer, from: number): boolean {
  let at = from;
  while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] === COMMA)) at++;
  return bytes[at] === OPEN_BRACE && bytes[skipSpace(bytes, at + 1)] === QUOTE;
}

/** Whether only white space and commas stand before a place on its line. */
export function beginsLine(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && bytes[before] !== NEWLINE) {
    if (!isSpace(bytes[before]) && bytes[before] !== COMMA) return false;
    before--;
  }
  return before >= 0;
}

/** The place of the next event that begins a line, or MORE. */
export function nextLineWithEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (startsEvent(bytes, at + 1)) return bytes.indexOf(OPEN_BRACE, at);
  }
  return MORE;
}

/** The place behind what stands before a place, but for spaces and commas. */
export function endBefore(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end > 0 && (isSpace(bytes[end - 1]) || bytes[end - 1] === COMMA)) end--;
  return end;
}

/** Whether a string may end before this byte: what follows one in JSON, but for spaces. */
export function endsString(byte: number): boolean {
  return byte === COMMA || byte === COLON || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}

/** Whether one of these bytes stands before a place, but for spaces. */
export function isBehind(bytes: Uint8Array, at: number, ...wanted: readonly number[]): boolean {
  let before = at - 1;
  while (before >= 0 && isSpace(bytes[before])) before--;
  return before >= 0 && wanted.includes(bytes[before]);
}

/** A byte as it is shown in a message. */
export function show(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the file';
  const printable = byte > 0x20 && byte < 0x7f;
  return printable ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`;
}
