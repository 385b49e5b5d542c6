import { Buffer } from 'node:buffer';
import { ARG_STRING, ARG_TYPE_BITS, FIRST_STRING_ID } from '../arena/records.js';
import type { ArgumentList, Key } from '../format/format.js';

const BYTES_OF_WORD = 8;

/** Arguments that stand alone in a memory of whole words. */
export function listOf(
  int32: Int32Array<ArrayBuffer>,
  keys: readonly (Key | undefined)[],
  long: Uint8Array | undefined,
): ArgumentList {
  const float64 = new Float64Array(int32.buffer);
  const bytes = Buffer.from(int32.buffer);
  return { int32, float64, bytes, at: 0, end: int32.length >> 1, keys, long, more: undefined };
}

/** One argument, a text, as a program would have recorded it. */
export function textArgument(name: string, value: string): ArgumentList {
  const text = Buffer.from(value);
  const words = 1 + Math.ceil(text.length / BYTES_OF_WORD);
  const int32 = new Int32Array(2 * words);
  int32[0] = (FIRST_STRING_ID << ARG_TYPE_BITS) | ARG_STRING;
  int32[1] = text.length;
  Buffer.from(int32.buffer).set(text, BYTES_OF_WORD);
  const keys: (Key | undefined)[] = [];
  keys[FIRST_STRING_ID] = { name, encoded: undefined };
  return listOf(int32, keys, undefined);
}
