import { FNV_PRIME } from './byte-strings.js';
import { BACKSLASH, COLON, QUOTE } from './json-bytes.js';

const SPACE = 0x20;

/** A key that is looked for in the bytes of arguments: to parse them would take ten times as long. */
export interface ArgumentKey {
  readonly text: string;
  /** With quotes. */
  readonly bytes: Buffer;
}

export function argumentKey(text: string): ArgumentKey {
  return { text, bytes: Buffer.from(`"${text}"`) };
}

/** Where a text stands, and its FNV hash. */
export type TextPlace = readonly [start: number, end: number, hash: number];

/** Where the text is that stands for a key, if the key stands here, and nothing in the text is escaped. */
export function textBehind(
  bytes: Buffer,
  at: number,
  { bytes: key }: ArgumentKey,
): TextPlace | undefined {
  let start = at + key.length;
  for (let i = 1; i < key.length; i++) if (bytes[at + i] !== key[i]) return undefined;
  if (bytes[start++] !== COLON) return undefined;
  if (bytes[start] === SPACE) start++;
  if (bytes[start++] !== QUOTE) return undefined;
  let hash = 0;
  let end = start;
  for (; bytes[end] !== QUOTE; end++) {
    if (bytes[end] === BACKSLASH || end >= bytes.length) return undefined;
    hash = Math.imul(hash ^ bytes[end], FNV_PRIME);
  }
  return [start, end, hash];
}
