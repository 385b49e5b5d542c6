import { OWN_CATEGORY } from '../../trace-event/lineage.js';
import { FNV_PRIME } from './byte-strings.js';
import { isObject, type RawEvent } from './entries.js';
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

const CATEGORY_KEY = argumentKey(OWN_CATEGORY);

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

/**
 * The category that an operation says it has in its arguments, where its own field names the track that it
 * shares with what it was begun in.
 */
export function ownCategory(bytes: Buffer, start: number, end: number): string | undefined {
  const event = bytes.subarray(start, end);
  return event.includes(CATEGORY_KEY.bytes) ? parsedText(event, CATEGORY_KEY) : undefined;
}

/** The text that stands for a key in the arguments of an event, which are parsed for it. */
export function parsedText(event: Buffer, { text }: ArgumentKey): string | undefined {
  const { args } = JSON.parse(event.toString()) as RawEvent;
  const value = isObject(args) ? args[text] : undefined;
  return typeof value === 'string' ? value : undefined;
}
