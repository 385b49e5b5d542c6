import { Piece } from '../../encoding/byte-buffer.js';
import { OWN_ID, PARENT_ID, ROOT_ID } from '../../trace-event/lineage.js';
import {
  ARG_BOOLEAN,
  ARG_DOUBLE,
  ARG_INT,
  ARG_JSON,
  ARG_LONG_JSON,
  ARG_NULL,
  ARG_STRING,
  ARG_TYPE_BITS,
  ARG_TYPE_MASK,
  beginNumberOf,
  KEY_MEMBERS,
  lengthWithin,
  paddedWords,
  streamOf,
} from '../arena/records.js';
import type { DecimalBuffer } from './decimal-buffer.js';
import { countUse, type Encoded } from './encoded.js';
import type { ArgumentList, Lineage } from './format.js';
import type { IdTexts } from './id-texts.js';
import { BACKSLASH, COMMA, DOT, QUOTE } from './json-bytes.js';

/** Room for a value but for its text. */
const FIXED_ROOM = 256;

/** The letter that stands behind the backslash for a byte; 0 where the byte needs \u00XX. */
const SHORT_ESCAPES = new Uint8Array(256);
for (const [letter, code] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13 })) {
  SHORT_ESCAPES[code] = letter.charCodeAt(0);
}
SHORT_ESCAPES[QUOTE] = QUOTE;
SHORT_ESCAPES[BACKSLASH] = BACKSLASH;

/** Writes arguments as members of a JSON object. */
export class JsonArguments {
  readonly #out: DecimalBuffer;
  /** How the members begin that name calls. */
  readonly #own: Piece;
  readonly #root: Piece;
  readonly #parent: Piece;

  constructor(out: DecimalBuffer, { calls }: IdTexts) {
    this.#out = out;
    this.#own = new Piece(`"${OWN_ID}":"${calls}`);
    this.#root = new Piece(`"${ROOT_ID}":"${calls}`);
    this.#parent = new Piece(`"${PARENT_ID}":"${calls}`);
  }

  /** Puts arguments as members of an object, with commas between them. */
  members(args: ArgumentList): void {
    const out = this.#out;
    const { int32, float64, bytes, end } = args;
    let first = true;
    for (let at = args.at; at < end; ) {
      const low = int32[at << 1];
      const payload = int32[(at << 1) + 1];
      at++;
      const length = lengthWithin(payload, end - at);
      out.reserve(FIXED_ROOM);
      if (first) first = false;
      else out.byte(COMMA);
      const key = low >> ARG_TYPE_BITS;
      if (key !== KEY_MEMBERS) this.#key(args, key);
      switch (low & ARG_TYPE_MASK) {
        case ARG_NULL:
          out.ascii('null');
          break;
        case ARG_BOOLEAN:
          out.ascii(payload === 0 ? 'false' : 'true');
          break;
        case ARG_INT:
          if (payload < 0) out.ascii(String(payload));
          else out.integer(payload);
          break;
        case ARG_DOUBLE: {
          const value = float64[at++];
          out.ascii(Number.isFinite(value) ? String(value) : `"${value}"`);
          break;
        }
        case ARG_STRING:
          this.#string(bytes, at << 3, length);
          at += paddedWords(length);
          break;
        case ARG_JSON:
          out.reserve(length + FIXED_ROOM);
          out.bytes(bytes.subarray(at << 3, (at << 3) + length));
          at += paddedWords(length);
          break;
        case ARG_LONG_JSON:
          if (args.long === undefined) break;
          out.reserve(args.long.length + FIXED_ROOM);
          out.bytes(args.long);
          break;
      }
    }
    if (args.more === undefined) return;
    if (!first) out.byte(COMMA);
    this.members(args.more);
  }

  #key(args: ArgumentList, id: number): void {
    const key = args.keys[id];
    if (key === undefined) {
      this.#out.ascii('"?":');
      return;
    }
    const piece = (key.encoded as Piece | undefined) ?? new Piece(`${JSON.stringify(key.name)}:`);
    key.encoded = piece;
    this.#out.reserve(piece.bytes.length + FIXED_ROOM);
    this.#out.put(piece);
  }

  /** Puts UTF-8 bytes as a JSON string. */
  #string(bytes: Uint8Array, start: number, length: number): void {
    const out = this.#out;
    out.reserve(6 * length + FIXED_ROOM);
    out.byte(QUOTE);
    for (let i = start; i < start + length; i++) {
      const byte = bytes[i];
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
        out.byte(byte);
        continue;
      }
      out.byte(BACKSLASH);
      if (SHORT_ESCAPES[byte] !== 0) out.byte(SHORT_ESCAPES[byte]);
      else {
        out.ascii('u00');
        out.hexadecimal(byte, 2);
      }
    }
    out.byte(QUOTE);
  }

  /**
   * Puts which call an event is, and to which it belongs. All events in a call share one lineage; that of
   * the call itself stands in the call's own events only.
   */
  lineage(lineage: Lineage): void {
    const out = this.#out;
    const { id, root, parent } = lineage;
    const encoded = lineage.encoded as Encoded;
    if (typeof encoded === 'object') {
      out.reserve(encoded.bytes.length + FIXED_ROOM);
      out.put(encoded);
      return;
    }
    const { length } = out;
    this.#call(this.#own, id, true);
    this.#call(this.#root, root, out.length === length);
    this.#call(this.#parent, parent, out.length === length);
    lineage.encoded = countUse(encoded) ?? out.pieceFrom(length);
  }

  /** Puts the name of a call: see `IdTexts.ofCall()`. */
  #call(key: Piece, call: number | undefined, first: boolean): void {
    if (call === undefined) return;
    const out = this.#out;
    out.reserve(FIXED_ROOM);
    if (!first) out.byte(COMMA);
    out.put(key);
    out.integer(streamOf(call));
    out.byte(DOT);
    out.integer(beginNumberOf(call));
    out.byte(QUOTE);
  }
}
