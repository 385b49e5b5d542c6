import type { Buffer } from 'node:buffer';
import { bufferOf, isError, object } from '../../intrinsics/language.js';
import { WORD_BYTES } from '../arena/layout.js';
import {
  ARG_BOOLEAN,
  ARG_DOUBLE,
  ARG_INT,
  ARG_JSON,
  ARG_LONG_JSON,
  ARG_NULL,
  ARG_STRING,
  ARG_TYPE_BITS,
  KEY_ID,
  KEY_MEMBERS,
  paddedWords,
} from '../arena/records.js';
import { measureTexts, putTexts, utf8Length, writeUtf8 } from './text.js';

const SCRATCH_WORDS = 8000;
/** No flat argument is begun behind this word. One that is begun before it always fits. */
const FLAT_WORDS = SCRATCH_WORDS - 1000;
/** Where a string is longer, all arguments are written as JSON, as nested ones are. */
const MAX_FLAT_STRING = 512;

/** Gives the number of a key in the stream; 0 where it has none and can get none. */
type KeyLookup = (name: string) => number;

/**
 * Encodes what follows the header of a record: name, ids, arguments. It does so in scratch memory, from
 * which they are copied, for two reasons: their length is known only at the end, and a key that is
 * seen for the first time has to be defined in the chunk before the record. To copy a few words costs
 * less than to measure them first.
 */
export class ArgumentEncoder {
  readonly #int32: Int32Array;
  readonly #float64: Float64Array;
  readonly #bytes: Buffer;
  readonly #key: KeyLookup;
  #words = 0;

  constructor(key: KeyLookup) {
    const memory = new ArrayBuffer(SCRATCH_WORDS * WORD_BYTES);
    this.#int32 = new Int32Array(memory);
    this.#float64 = new Float64Array(memory);
    this.#bytes = bufferOf(memory, 0, memory.byteLength);
    this.#key = key;
  }

  /** Words encoded since {@link reset}. */
  get words(): number {
    return this.#words;
  }

  reset(): void {
    this.#words = 0;
  }

  /** Copies what was encoded to an index of 32-bit words. */
  copyTo(target: Int32Array, index: number): void {
    const source = this.#int32;
    const length = this.#words << 1;
    for (let i = 0; i < length; i++) target[index + i] = source[i];
  }

  /** A name and a category. */
  putTexts(first: string, second: string): void {
    const texts = measureTexts(first, second);
    putTexts(this.#int32, this.#bytes, this.#words, texts);
    this.#words += texts.words;
  }

  putId(id: string | number): void {
    if (typeof id === 'number') this.putNumber(KEY_ID, id);
    else this.#putString(KEY_ID, id);
  }

  putNumber(key: number, value: number): void {
    if (value === (value | 0)) {
      this.#word((key << ARG_TYPE_BITS) | ARG_INT, value);
      return;
    }
    this.#word((key << ARG_TYPE_BITS) | ARG_DOUBLE, 0);
    this.#float64[this.#words++] = value;
  }

  /** JSON members of the argument object, short enough for the record. */
  putMembers(members: string): void {
    const length = utf8Length(members);
    this.#word((KEY_MEMBERS << ARG_TYPE_BITS) | ARG_JSON, length);
    this.#putBytes(members, length);
  }

  /** Says that the members came in fragments. */
  putLongMembers(): void {
    this.#word((KEY_MEMBERS << ARG_TYPE_BITS) | ARG_LONG_JSON, 0);
  }

  /**
   * Encodes flat arguments: numbers, short strings, booleans and null. False, with nothing encoded,
   * where there is anything else, or too many, or a getter that throws.
   */
  putFlat(args: object): boolean {
    const start = this.#words;
    try {
      if (this.#tryFlat(args)) return true;
    } catch {
      // A getter or a proxy threw. As JSON, all other arguments are kept.
    }
    this.#words = start;
    return false;
  }

  #tryFlat(args: object): boolean {
    if (isError(args)) return false;
    let isEmpty = true;
    for (const name in args) {
      if (!object.hasOwn(args, name)) continue;
      isEmpty = false;
      if (!this.#putFlatValue(name, (args as Record<string, unknown>)[name])) return false;
    }
    // An object without members may be a Map, say, which has to be written as JSON.
    return !isEmpty;
  }

  #putFlatValue(name: string, value: unknown): boolean {
    // Also of what has no value: the next time the key is known, and all is put right into the chunk.
    const key = this.#key(name);
    if (value === undefined) return true;
    if (key === 0 || this.#words > FLAT_WORDS) return false;
    switch (typeof value) {
      case 'number':
        this.putNumber(key, value as number);
        return true;
      case 'string':
        if ((value as string).length > MAX_FLAT_STRING) return false;
        this.#putString(key, value as string);
        return true;
      case 'boolean':
        this.#word((key << ARG_TYPE_BITS) | ARG_BOOLEAN, value ? 1 : 0);
        return true;
      default:
        if (value !== null) return false;
        this.#word((key << ARG_TYPE_BITS) | ARG_NULL, 0);
        return true;
    }
  }

  #putString(key: number, value: string): void {
    const length = utf8Length(value);
    this.#word((key << ARG_TYPE_BITS) | ARG_STRING, length);
    this.#putBytes(value, length);
  }

  #putBytes(text: string, length: number): void {
    writeUtf8(this.#bytes, this.#words * WORD_BYTES, text, length);
    this.#words += paddedWords(length);
  }

  #word(low: number, high: number): void {
    const index = this.#words++ << 1;
    this.#int32[index] = low;
    this.#int32[index + 1] = high;
  }
}
