import { ByteStrings, FNV_PRIME } from './byte-strings.js';
import { EventBatch, FIELD } from './event-batch.js';
import type { FastWay, ListPosition } from './event-list.js';
import { ExpectedKeys } from './expected-keys.js';
import { bytesBefore, FOUR, firstBytes, fourAt, notPlain } from './four-bytes.js';
import {
  afterCharacter,
  afterNumber,
  afterPlain,
  afterSpace,
  afterString,
  afterValue,
  BEYOND_ASCII,
  CLOSE_BRACE,
  COLON,
  COMMA,
  ODD,
  OPEN_BRACE,
  QUOTE,
} from './json-bytes.js';
import { isSafeInteger, mayHoldLongNumber, number, uint32 } from './json-numbers.js';

/** Letters of the keys. */
const [A, B, C, D, E, G, H, I, M] = Buffer.from('abcdeghim');
const [N, P, R, S, T, U] = Buffer.from('nprstu');
const TWO = 0x32;
const BIND_ID = Buffer.from('bind_id"');

/** No text has that length. */
const NOTHING_KNOWN = -1;

/** Of the others there may be several. */
const ONCE = ~FIELD.other;

/**
 * Reads plain events right from their bytes into the columns of a batch. It stops before all that is
 * not plain: the end of the list, what is no JSON, or not whole, and events whose fields are not as
 * most tools write them. Whoever drives it takes that one event by other means, and lets it go on.
 */
export class EventScanner implements FastWay {
  readonly #strings = new ByteStrings();
  readonly #batch = new EventBatch(this.#strings);
  readonly #onBatch: (batch: EventBatch) => void;
  readonly #keys = new ExpectedKeys();
  /**
   * Where the last category stands that was not that of the event before, and its length, both with its
   * quotes.
   */
  #knownCategory = 0;
  #knownLength = NOTHING_KNOWN;
  #knownNumber = 0;

  constructor(onBatch: (batch: EventBatch) => void) {
    this.#onBatch = onBatch;
  }

  take(bytes: Buffer, from: number, base: number, position: ListPosition): number {
    const batch = this.#batch;
    batch.bytes = bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#knownLength = NOTHING_KNOWN;
    let at = from;
    for (;;) {
      batch.index = position.count;
      batch.count = 0;
      at = this.#scan(view, at, base, position);
      if (batch.count > 0) this.#handOn(batch, base);
      if (!batch.isFull) return at;
    }
  }

  #handOn(batch: EventBatch, base: number): void {
    const { count, start, end, offset } = batch;
    for (let row = 0; row < count; row++) offset[row] = base + start[row];
    batch.from = start[0];
    batch.to = end[count - 1];
    this.#onBatch(batch);
  }

  /** Fills the batch. */
  #scan(bytes: DataView, from: number, base: number, position: ListPosition): number {
    const batch = this.#batch;
    let { afterEvent } = position;
    const end = position.until - base;
    let at = from;
    let comma = -1;
    while (!batch.isFull) {
      at = afterSpace(bytes, at);
      if (afterEvent) {
        if (bytes.getUint8(at) !== COMMA) break;
        afterEvent = false;
        comma = at;
        at = afterSpace(bytes, at + 1);
      }
      if (bytes.getUint8(at) !== OPEN_BRACE || at >= end) break;
      const behind = this.#event(bytes, at);
      if (behind === ODD) break;
      batch.count++;
      afterEvent = true;
      at = behind;
    }
    position.count += batch.count;
    position.afterEvent = afterEvent;
    if (comma >= 0) position.comma = base + comma;
    return at;
  }

  /** Reads an event into the next row. Gives the place behind it, or ODD. */
  #event(bytes: DataView, start: number): number {
    const batch = this.#batch;
    const row = batch.count;
    const keys = this.#keys;
    let fields = 0;
    let at = start + 1;
    let field = 0;
    for (;;) {
      const before = field;
      field = keys.at(bytes, at, before);
      if (field !== 0) at += keys.length(before);
      else {
        const from = at;
        at = afterSpace(bytes, from);
        if (before !== 0) {
          if (bytes.getUint8(at) === CLOSE_BRACE) break;
          if (bytes.getUint8(at) !== COMMA) return ODD;
          at = afterSpace(bytes, at + 1);
        }
        if (bytes.getUint8(at) !== QUOTE) return ODD;
        field = fieldAt(bytes, at + 1);
        at = field === FIELD.other ? afterOtherKey(bytes, at + 1) : at + KEY_LENGTH[field];
        if (at === ODD) return ODD;
        at = afterSpace(bytes, at);
        if (bytes.getUint8(at) !== COLON) return ODD;
        at = afterSpace(bytes, at + 1);
        if (field !== FIELD.other) keys.learn(bytes, from, at, before, field);
      }
      if ((fields & field & ONCE) !== 0) return ODD;
      fields |= field;
      switch (field) {
        case FIELD.name:
          at = this.#text(bytes, at, batch.name, row);
          break;
        case FIELD.cat:
          at = this.#category(bytes, at, row);
          break;
        case FIELD.ph:
          batch.ph[row] = bytes.getUint8(at + 1);
          at = afterLetter(bytes, at);
          break;
        case FIELD.ts:
          at = number(bytes, at, batch.ts, row);
          break;
        case FIELD.dur:
          at = number(bytes, at, batch.dur, row);
          break;
        case FIELD.pid:
          at = uint32(bytes, at, batch.pid, row);
          break;
        case FIELD.tid:
          at = uint32(bytes, at, batch.tid, row);
          break;
        case FIELD.args:
          batch.argsStart[row] = at;
          at = bytes.getUint8(at) === OPEN_BRACE ? afterValue(bytes, at) : ODD;
          batch.argsEnd[row] = at;
          break;
        case FIELD.id: {
          const id = at;
          batch.idStart[row] = id;
          at = bytes.getUint8(id) === QUOTE ? afterString(bytes, id + 1) : afterNumber(bytes, id);
          if (bytes.getUint8(id) !== QUOTE && !isSafeInteger(bytes, id, at)) return ODD;
          batch.idEnd[row] = at;
          break;
        }
        case FIELD.id2:
        case FIELD.bind_id: {
          const value = at;
          at = afterValue(bytes, value);
          if (mayHoldLongNumber(bytes, value, at)) return ODD;
          break;
        }
        case FIELD.s:
          batch.scope[row] = bytes.getUint8(at + 1);
          at = afterLetter(bytes, at);
          break;
        case FIELD.bp:
          at = bytes.getUint8(at + 1) === E ? afterLetter(bytes, at) : ODD;
          break;
        default:
          at = afterValue(bytes, at);
      }
      if (at === ODD) return ODD;
    }
    batch.fields[row] = fields;
    batch.start[row] = start;
    batch.end[row] = at + 1;
    return at + 1;
  }

  /**
   * Puts the category into its column. Most events have that of the one before: then the bytes need only
   * be compared.
   */
  #category(bytes: DataView, from: number, row: number): number {
    const column = this.#batch.category;
    const known = this.#knownCategory;
    const length = this.#knownLength;
    let same = 0;
    while (same + FOUR <= length && fourAt(bytes, from + same) === fourAt(bytes, known + same)) {
      same += FOUR;
    }
    while (same < length && bytes.getUint8(from + same) === bytes.getUint8(known + same)) same++;
    if (same === length) {
      column[row] = this.#knownNumber;
      return from + length;
    }
    const behind = this.#text(bytes, from, column, row);
    if (behind === ODD) return ODD;
    this.#knownCategory = from;
    this.#knownLength = behind - from;
    this.#knownNumber = column[row];
    return behind;
  }

  /** Puts the number of the text in the string that begins at `from` into a column. */
  #text(bytes: DataView, from: number, column: Uint32Array, row: number): number {
    if (bytes.getUint8(from) !== QUOTE) return ODD;
    let at = from + 1;
    let hash = 0;
    for (;;) {
      let four = fourAt(bytes, at);
      let odd = notPlain(four);
      while (odd === 0) {
        hash = hashed(hash, four);
        at += FOUR;
        four = fourAt(bytes, at);
        odd = notPlain(four);
      }
      const plain = bytesBefore(odd);
      hash = hashed(hash, firstBytes(four, plain));
      at += plain;
      if (bytes.getUint8(at) === QUOTE) break;
      const behind = bytes.getUint8(at) < BEYOND_ASCII ? ODD : afterCharacter(bytes, at);
      if (behind === ODD) return ODD;
      for (; at < behind; at++) hash = hashed(hash, bytes.getUint8(at));
    }
    column[row] = this.#strings.number(this.#batch.bytes, from + 1, at, hash);
    return at + 1;
  }
}

/** A hash of bytes before, and one or four more. Its highest bits count in the lowest ones, too. */
function hashed(hash: number, bytes: number): number {
  const next = Math.imul(hash ^ bytes, FNV_PRIME);
  return next ^ (next >>> 15);
}

/** How long a key is, with its quotes, by its field. */
const KEY_LENGTH = new Uint8Array(FIELD.other);
for (const [key, field] of Object.entries(FIELD)) KEY_LENGTH[field] = key.length + 2;

/** The field whose key begins at `at`, behind its quote. */
function fieldAt(bytes: DataView, at: number): number {
  const second = bytes.getUint8(at + 1);
  const third = bytes.getUint8(at + 2);
  const fourth = bytes.getUint8(at + 3);
  switch (bytes.getUint8(at)) {
    case N: {
      const isName =
        second === A && third === M && fourth === E && bytes.getUint8(at + 4) === QUOTE;
      return isName ? FIELD.name : FIELD.other;
    }
    case C:
      return second === A && third === T && fourth === QUOTE ? FIELD.cat : FIELD.other;
    case P:
      if (second === H && third === QUOTE) return FIELD.ph;
      return second === I && third === D && fourth === QUOTE ? FIELD.pid : FIELD.other;
    case T:
      if (second === S && third === QUOTE) return FIELD.ts;
      if (second === I && third === D && fourth === QUOTE) return FIELD.tid;
      if (second === T && third === S && fourth === QUOTE) return FIELD.tts;
      if (second === D && third === U && fourth === R && bytes.getUint8(at + 4) === QUOTE)
        return FIELD.tdur;
      return FIELD.other;
    case D:
      return second === U && third === R && fourth === QUOTE ? FIELD.dur : FIELD.other;
    case A: {
      const isArgs =
        second === R && third === G && fourth === S && bytes.getUint8(at + 4) === QUOTE;
      return isArgs ? FIELD.args : FIELD.other;
    }
    case I:
      if (second !== D) return FIELD.other;
      if (third === QUOTE) return FIELD.id;
      return third === TWO && fourth === QUOTE ? FIELD.id2 : FIELD.other;
    case S:
      return second === QUOTE ? FIELD.s : FIELD.other;
    case B:
      if (second === P && third === QUOTE) return FIELD.bp;
      return second === I && isBindId(bytes, at) ? FIELD.bind_id : FIELD.other;
    default:
      return FIELD.other;
  }
}

function isBindId(bytes: DataView, at: number): boolean {
  for (let i = 0; i < BIND_ID.length; i++) if (bytes.getUint8(at + i) !== BIND_ID[i]) return false;
  return true;
}

/** The place behind a key. One that has escapes may be any. */
function afterOtherKey(bytes: DataView, from: number): number {
  const at = afterPlain(bytes, from);
  return bytes.getUint8(at) === QUOTE ? at + 1 : ODD;
}

/** The place behind a string of one letter. */
function afterLetter(bytes: DataView, at: number): number {
  const isLetter =
    bytes.getUint8(at) === QUOTE &&
    afterPlain(bytes, at + 1) === at + 2 &&
    bytes.getUint8(at + 2) === QUOTE;
  return isLetter ? at + 3 : ODD;
}
