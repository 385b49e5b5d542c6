import { Buffer } from 'node:buffer';
import { WORD_BYTES } from '../arena/layout.js';
import { ARG_STRING, ARG_TYPE_BITS, FIRST_STRING_ID, paddedWords } from '../arena/records.js';
import type { ArgumentList, Key } from '../format/format.js';

const SHARED_WORDS = 128;
const MAX_SHARING = 32;

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

/**
 * Copies of arguments, for what outlives the chunk in which they were recorded. Small ones share a
 * memory: to make one of its own for each takes longer than all else that is done for an operation. A
 * shared one is no larger, because it stays as long as the last of those in it.
 */
export class ArgumentCopies {
  #memory = listOf(new Int32Array(0), [], undefined);
  #used = 0;

  copy({ int32, at, end, keys, long }: ArgumentList, more?: ArgumentList): ArgumentList {
    const length = end - at;
    if (length > MAX_SHARING) {
      return { ...listOf(int32.slice(at << 1, end << 1), keys, long), more };
    }
    if (this.#used + length > this.#memory.end) {
      this.#memory = listOf(new Int32Array(2 * SHARED_WORDS), [], undefined);
      this.#used = 0;
    }
    const memory = this.#memory;
    const from = this.#used;
    this.#used += length;
    for (let i = 0; i < 2 * length; i++) memory.int32[2 * from + i] = int32[2 * at + i];
    return { ...memory, at: from, end: this.#used, keys, long, more };
  }
}

/** One argument, a text, as a program would have recorded it. */
export function textArgument(name: string, value: string): ArgumentList {
  const text = Buffer.from(value);
  const words = 1 + paddedWords(text.length);
  const int32 = new Int32Array(2 * words);
  int32[0] = (FIRST_STRING_ID << ARG_TYPE_BITS) | ARG_STRING;
  int32[1] = text.length;
  Buffer.from(int32.buffer).set(text, WORD_BYTES);
  const keys: (Key | undefined)[] = [];
  keys[FIRST_STRING_ID] = { name, encoded: undefined };
  return listOf(int32, keys, undefined);
}
