import { MAX_JSON_DEPTH } from '../../../trace-event/numbers.js';
import {
  annotation,
  NESTED_DICTIONARY,
  NESTED_LIST,
  nested,
} from '../../../trace-event/perfetto.js';
import { isTooDeep } from '../json-depth.js';
import { type JsonBuffer, jsonOf, jsonOfNumber } from './json-buffer.js';
import type { Sequence } from './sequences.js';
import { textAt, type WireReader } from './wire-reader.js';

const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const [COLON, COMMA, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = Buffer.from(':,{}[]');
const UNKNOWN = Buffer.from('"?"');
const NO_NAME = Buffer.alloc(0);
const MAX_DEPTH = 500;
/** Of an argument that is JSON itself: with all that may lie around it, it is no deeper than JSON may be. */
const MAX_DEPTH_OF_JSON = MAX_JSON_DEPTH - MAX_DEPTH - 10;
/** The text of an event may be so long. A few bytes of a packet can stand for a text of any length. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Writes debug annotations as members of JSON objects. */
export class Annotations {
  readonly #reader: WireReader;
  readonly #out: JsonBuffer;
  /** How far it may get. */
  #limit = 0;

  constructor(reader: WireReader, out: JsonBuffer) {
    this.#reader = reader;
    this.#out = out;
  }

  /**
   * Writes `"name":value` of the annotations between two places each, with commas between them.
   *
   * @returns false where that would be longer than events may be: what was written is then no JSON.
   */
  members(sequence: Sequence, places: readonly number[]): boolean {
    this.#limit = this.#out.length + MAX_EVENT_BYTES;
    for (let i = 0; i < places.length; i += 2) {
      if (i > 0) this.#byte(COMMA);
      this.#member(sequence, places[i], places[i + 1], 0);
    }
    return this.#out.length <= this.#limit;
  }

  #member(sequence: Sequence, start: number, stop: number, depth: number): void {
    const reader = this.#reader;
    const { at, end } = reader;
    reader.enter(start, stop);
    let isNamed = reader.next() && this.#nameIn(sequence);
    if (!isNamed) {
      // The name does not come first.
      reader.enter(start, stop);
      while (!isNamed && reader.next()) isNamed = this.#nameIn(sequence);
      reader.enter(start, stop);
      if (!isNamed) this.#string(NO_NAME);
    }
    this.#byte(COLON);
    this.#value(sequence, depth);
    reader.enter(at, end);
  }

  /** Writes the name, if the field that was read last is one. */
  #nameIn(sequence: Sequence): boolean {
    const reader = this.#reader;
    if (reader.field === annotation.name) {
      this.#out.string(reader.bytes, reader.start, reader.stop);
      return true;
    }
    if (reader.field !== annotation.nameId) return false;
    this.#string(sequence.keys.get(reader.number) ?? NO_NAME);
    return true;
  }

  #string(utf8: Uint8Array): void {
    this.#out.string(utf8, 0, utf8.length);
  }

  /** Writes the value of the annotation that the reader stands in. */
  #value(sequence: Sequence, depth: number): void {
    const reader = this.#reader;
    let isWritten = false;
    /** What closes the dictionary or the list that was begun. */
    let close = 0;
    while (reader.next() && this.#out.length <= this.#limit) {
      const { field } = reader;
      const isMember = field === annotation.dictionary;
      if (isMember || field === annotation.array) {
        const closes = isMember ? CLOSE_OBJECT : CLOSE_LIST;
        // What has a value, of whatever kind, has no other beside it.
        if (depth >= MAX_DEPTH || (isWritten && close !== closes)) continue;
        if (close === 0) this.#byte(isMember ? OPEN_OBJECT : OPEN_LIST);
        else this.#byte(COMMA);
        close = closes;
        isWritten = true;
        const { at, end, start, stop } = reader;
        if (isMember) this.#member(sequence, start, stop, depth + 1);
        else {
          reader.enter(start, stop);
          this.#value(sequence, depth + 1);
          reader.enter(at, end);
        }
      } else if (!isWritten) isWritten = this.#scalar(sequence, field, depth);
    }
    if (close !== 0) this.#byte(close);
    if (!isWritten) this.#out.add(NULL);
  }

  /** Writes a value that stands in one field; false if the field is none of these. */
  #scalar(sequence: Sequence, field: number, depth: number): boolean {
    const reader = this.#reader;
    const out = this.#out;
    switch (field) {
      case annotation.bool:
        out.add(reader.low === 0 ? FALSE : TRUE);
        return true;
      case annotation.uint:
        this.#integer(reader.bigint);
        return true;
      case annotation.int:
        this.#integer(BigInt.asIntN(64, reader.bigint));
        return true;
      case annotation.double:
        out.addText(jsonOfNumber(reader.double));
        return true;
      case annotation.string:
        out.string(reader.bytes, reader.start, reader.stop);
        return true;
      case annotation.stringId: {
        const text = sequence.values.get(reader.number);
        if (text === undefined) out.add(UNKNOWN);
        else this.#string(text);
        return true;
      }
      case annotation.pointer:
        out.addText(`"0x${reader.bigint.toString(16)}"`);
        return true;
      case annotation.json:
        out.add(validJson(textAt(reader)));
        return true;
      case annotation.nested: {
        const { at, end } = reader;
        reader.enter(reader.start, reader.stop);
        this.#nested(depth);
        reader.enter(at, end);
        return true;
      }
      default:
        return false;
    }
  }

  /** Whole numbers keep all their digits. */
  #integer(value: bigint): void {
    const out = this.#out;
    out.reserve(0);
    if (value >= 0n && value < 0x1_0000_0000n) out.digits(Number(value));
    else out.addText(String(value));
  }

  /** Writes the NestedValue that the reader stands in. */
  #nested(depth: number): void {
    const reader = this.#reader;
    const out = this.#out;
    let kind = 0;
    const keys: string[] = [];
    const values: [start: number, stop: number][] = [];
    let scalar: Buffer = NULL;
    while (reader.next()) {
      const { field } = reader;
      if (field === nested.kind) kind = reader.low;
      else if (field === nested.key) keys.push(textAt(reader));
      else if (field === nested.value || field === nested.item) {
        values.push([reader.start, reader.stop]);
      } else if (field === nested.int) {
        scalar = Buffer.from(String(BigInt.asIntN(64, reader.bigint)));
      } else if (field === nested.double) {
        scalar = Buffer.from(jsonOfNumber(reader.double));
      } else if (field === nested.bool) scalar = reader.low === 0 ? FALSE : TRUE;
      else if (field === nested.string) scalar = jsonOf(textAt(reader));
    }
    const isDictionary = kind === NESTED_DICTIONARY;
    if ((!isDictionary && kind !== NESTED_LIST) || depth >= MAX_DEPTH) {
      out.add(scalar);
      return;
    }
    this.#byte(isDictionary ? OPEN_OBJECT : OPEN_LIST);
    for (const [i, [start, stop]] of values.entries()) {
      if (i > 0) this.#byte(COMMA);
      if (isDictionary) {
        out.add(jsonOf(keys[i] ?? ''));
        this.#byte(COLON);
      }
      const { at, end } = reader;
      reader.enter(start, stop);
      this.#nested(depth + 1);
      reader.enter(at, end);
    }
    this.#byte(isDictionary ? CLOSE_OBJECT : CLOSE_LIST);
  }

  #byte(byte: number): void {
    const out = this.#out;
    out.reserve(1);
    out.bytes[out.length++] = byte;
  }
}

/** What somebody has written as JSON, if it is that, and not too deep where it stands; else as text. */
function validJson(text: string): Buffer {
  if (isTooDeep(text, MAX_DEPTH_OF_JSON)) return jsonOf(text);
  try {
    JSON.parse(text);
    return Buffer.from(text);
  } catch {
    return jsonOf(text);
  }
}
