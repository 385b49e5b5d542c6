import type { Arena } from '../arena/arena.js';
import {
  ARG_DOUBLE,
  ARG_INT,
  ARG_STRING,
  ARG_TYPE_BITS,
  ARG_TYPE_MASK,
  FIRST_STRING_ID,
  HEADER_WORDS,
  IS_NAMED,
  KEY_DURATION,
  KEY_ID,
  KEY_MEMBERS,
  KEY_START,
  KIND_DEFINE_LABEL,
  KIND_FRAGMENT,
  KIND_MASK,
  LABEL_INLINE,
  LABEL_SHIFT,
  paddedWords,
} from '../arena/records.js';
import type { ArgumentList, Label } from '../format/format.js';
import type { Stream } from './stream.js';

/** Takes records apart, one at a time. The fields hold what was read last: no object is made for each. */
export class RecordReader {
  readonly #arena: Arena;
  /** The last one that was read. */
  #category = '';
  kind = 0;
  operand = 0;
  /** What performance.now() gave on its thread; 0 for a record without a time. */
  time = 0;
  labelIndex = 0;
  label: Label | undefined;
  id: string | number | undefined;
  start = 0;
  duration = 0;
  args: ArgumentList | undefined;
  /** Index of the first word behind the header, and behind the record. */
  body = 0;
  end = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Reads words `at` to `end`. Whatever they hold, this neither throws nor reads beyond. */
  read(stream: Stream, at: number, end: number): void {
    const { int32, float64 } = this.#arena;
    const header = int32[at << 1];
    this.kind = header & KIND_MASK;
    this.labelIndex = header >>> LABEL_SHIFT;
    this.operand = int32[(at << 1) + 1];
    this.time = float64[at + 1];
    this.body = at + HEADER_WORDS;
    this.end = end;
    this.label = undefined;
    this.id = undefined;
    this.start = this.duration = 0;
    this.args = undefined;
    // A fragment is nothing but bytes.
    if (this.kind === KIND_FRAGMENT) return;
    let next = this.body;
    if (IS_NAMED[this.kind] === 1) {
      if (this.labelIndex === LABEL_INLINE || this.kind === KIND_DEFINE_LABEL) {
        next = this.#readText(stream, next);
      } else this.label = stream.label(this.labelIndex);
    }
    next = this.#readOperands(next);
    this.args = this.readArguments(stream, next, end);
  }

  /** The arguments in words `at` to `end`, where they stand in the arena. */
  readArguments(stream: Stream, at: number, end: number): ArgumentList | undefined {
    if (at >= end) return undefined;
    const { int32, float64, bytes } = this.#arena;
    const { keys } = stream;
    const long = stream.takeFragments();
    return { int32, float64, bytes, at, end, keys, long, more: undefined };
  }

  /** The bytes behind the header. */
  bytes(length: number): Uint8Array {
    const start = this.body << 3;
    return Uint8Array.from(this.#arena.bytes.subarray(start, start + this.#within(start, length)));
  }

  #readText(stream: Stream, at: number): number {
    const { int32 } = this.#arena;
    const start = (at + 1) << 3;
    const first = this.#within(start, at < this.end ? int32[at << 1] : 0);
    const second = this.#within(start + first, at < this.end ? int32[(at << 1) + 1] : 0);
    const category = this.#text(start + first, second);
    // Most are of a few categories, and may be remembered for long: as one string.
    if (category !== this.#category) this.#category = category;
    const name = this.#text(start, first);
    this.label = { thread: stream, name, category: this.#category, encoded: undefined };
    return at + 1 + paddedWords(first + second);
  }

  #readOperands(from: number): number {
    const { int32, float64 } = this.#arena;
    let at = from;
    while (at < this.end) {
      const low = int32[at << 1];
      const key = low >> ARG_TYPE_BITS;
      if (key === KEY_MEMBERS || key >= FIRST_STRING_ID) break;
      const payload = int32[(at << 1) + 1];
      at++;
      const length = this.#within(at << 3, payload);
      let value: string | number = 0;
      switch (low & ARG_TYPE_MASK) {
        case ARG_INT:
          value = payload;
          break;
        case ARG_DOUBLE:
          value = float64[at++];
          break;
        case ARG_STRING:
          value = this.#text(at << 3, length);
          at += paddedWords(length);
          break;
      }
      if (key === KEY_ID) this.id = value;
      else if (typeof value === 'number') this.#operand(key, value);
    }
    return at;
  }

  #operand(key: number, value: number): void {
    if (key === KEY_START) this.start = value;
    else if (key === KEY_DURATION) this.duration = value;
  }

  #text(start: number, length: number): string {
    return this.#arena.bytes.toString('utf8', start, start + length);
  }

  /** A length, cut to the end of the record: a damaged record may say anything. */
  #within(start: number, length: number): number {
    return Math.max(0, Math.min(length, (this.end << 3) - start));
  }
}
