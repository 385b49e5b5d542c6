import { annotation } from '../../../encoding/perfetto/fields.js';
import type { Spool } from './spool.js';

const MORE = 0x80;
const SEVEN_BITS = 0x7f;

/**
 * An annotation in a record of the spool: the bytes of its name or of the name's number, and where it
 * stands.
 */
export interface Annotation {
  readonly key: string;
  readonly start: number;
  /** Where its name begins, behind its tag and its length. */
  readonly content: number;
  readonly keyEnd: number;
  readonly end: number;
}

/**
 * One record of the arguments of a begin and those of its end: where both have one, that of the end
 * stands.
 */
export function joinArguments(spool: Spool, begin: number, end: number): number {
  if (begin === 0 || end === 0) return begin + end;
  spool.read(end);
  const later = new Set(annotationsOf(spool).map(({ key }) => key));
  const place = spool.begin();
  spool.read(begin);
  for (const { key, start, end: last } of annotationsOf(spool)) {
    if (!later.has(key)) put(spool, start, last);
  }
  spool.read(end);
  put(spool, spool.start, spool.end);
  return spool.finish(place);
}

function put({ out, bytes }: Spool, start: number, end: number): void {
  out.reserve(end - start);
  out.raw(bytes, start, end - start);
}

/** Those of the record that was read last, but for its first bytes. */
export function annotationsOf({ bytes, start, end }: Spool, skipped = 0): Annotation[] {
  const found: Annotation[] = [];
  for (let at = start + skipped; at < end; ) {
    // Its tag takes one byte, and the name or its number stands first.
    const [content, length] = varintAt(bytes, at + 1);
    const [value, number] = varintAt(bytes, content + 1);
    const keyEnd = bytes[content] === annotation.nameId ? value : value + number;
    const key = Buffer.from(bytes.subarray(content, keyEnd)).toString('latin1');
    found.push({ key, start: at, content, keyEnd, end: content + length });
    at = content + length;
  }
  return found;
}

/** The place behind a number, and the number. */
export function varintAt(bytes: Uint8Array, from: number): [behind: number, value: number] {
  let at = from;
  let value = 0;
  for (let scale = 1; ; scale *= SEVEN_BITS + 1) {
    const byte = bytes[at++];
    value += (byte & SEVEN_BITS) * scale;
    if (byte < MORE) return [at, value];
  }
}
