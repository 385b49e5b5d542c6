import { Buffer } from 'node:buffer';
import { annotation, trackEvent } from '../../../encoding/perfetto/fields.js';
import { type Hash, hash } from '../../../encoding/perfetto/hash.js';
import type { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { OWN_ID, PARENT_ID, ROOT_ID } from '../../../trace-event/lineage.js';
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
  lengthWithin,
  paddedWords,
} from '../../arena/records.js';
import { parseMembers } from '../argument-values.js';
import {
  type ArgumentList,
  type Arguments,
  isArgumentList,
  type Key,
  type Lineage,
} from '../format.js';
import type { IdTexts } from '../id-texts.js';
import type { Encoded, Numbered } from './interning.js';
import type { Sequence } from './sequence.js';

/** Room for an argument but for its text. */
const ROOM = 64;
/** What lies deeper in objects and lists is written as JSON. */
const MAX_DEPTH = 32;
/** A lineage is encoded for good when it is used for the second time. */
const ONCE = 1;

type Members = Readonly<Record<string, unknown>>;

/**
 * Writes arguments as DebugAnnotations of a track event. Their names, and texts that repeat, get numbers in
 * the sequence; without one, all is written out.
 */
export class ArgumentWriter {
  readonly #out: WireBuffer;
  readonly #ids: IdTexts;
  /** Calls of other recordings, whose ids in their processes are the same, have other hashes. */
  readonly #salt: Hash;

  constructor(out: WireBuffer, ids: IdTexts) {
    this.#out = out;
    this.#ids = ids;
    this.#salt = hash(ids.calls);
  }

  write(sequence: Sequence | undefined, args: Arguments): void {
    if (isArgumentList(args)) this.#list(sequence, args);
    else this.#members(sequence, args, trackEvent.annotation, 0);
  }

  /** The same inside of one annotation. */
  dictionary(sequence: Sequence | undefined, name: string, args: Arguments): void {
    const out = this.#out;
    const start = this.#open(sequence, trackEvent.annotation, name);
    if (isArgumentList(args)) this.#list(sequence, args, annotation.dictionary);
    else this.#members(sequence, args, annotation.dictionary, 1);
    out.close(start);
  }

  /** Which call an event is, and to which it belongs. */
  lineage(sequence: Sequence | undefined, lineage: Lineage): void {
    const out = this.#out;
    const encoded = lineage.encoded as Encoded<Sequence> | number | undefined;
    if (typeof encoded === 'object' && encoded.owner === sequence) {
      out.reserve(encoded.piece.bytes.length);
      out.put(encoded.piece);
      return;
    }
    const { id, root, parent } = lineage;
    const start = out.length;
    const outermost = hash(root ?? id ?? 0, this.#salt);
    // Others refer to it under this name, which need not come again itself.
    if (id !== undefined) this.#call(sequence, OWN_ID, id);
    if (root !== undefined) this.#call(sequence, ROOT_ID, root, outermost);
    if (parent !== undefined) this.#call(sequence, PARENT_ID, parent, hash(parent, this.#salt));
    out.reserve(ROOM);
    // 49 bits, which take seven bytes.
    const { high, low } = outermost;
    out.field(trackEvent.correlation, (high & 0x1ffff) * 2 ** 32 + low);
    if (sequence === undefined) return;
    if (encoded === ONCE) lineage.encoded = { owner: sequence, piece: out.pieceFrom(start) };
    else lineage.encoded = ONCE;
  }

  /** The name of a call; with a hash, one that may come again and gets a number then. */
  #call(sequence: Sequence | undefined, key: string, call: number, hash?: Hash): void {
    const out = this.#out;
    const start = this.#open(sequence, trackEvent.annotation, key);
    const id = hash === undefined ? undefined : sequence?.calls.id(call, hash, this.#ids);
    if (id) out.field(annotation.stringId, id);
    else out.string(annotation.string, this.#ids.ofCall(call));
    out.close(start);
  }

  #list(sequence: Sequence | undefined, args: ArgumentList, tag = trackEvent.annotation): void {
    const out = this.#out;
    const { int32, float64, bytes, keys, end } = args;
    for (let at = args.at; at < end; ) {
      const low = int32[at << 1];
      const payload = int32[(at << 1) + 1];
      at++;
      const length = lengthWithin(payload, end - at);
      const type = low & ARG_TYPE_MASK;
      if (type === ARG_JSON || type === ARG_LONG_JSON) {
        const json = type === ARG_JSON ? bytes.subarray(at << 3, (at << 3) + length) : args.long;
        if (json !== undefined) this.#members(sequence, parseMembers(json), tag, 0);
        if (type === ARG_JSON) at += paddedWords(length);
        continue;
      }
      const start = this.#openKey(sequence, tag, keys[low >> ARG_TYPE_BITS]);
      switch (type) {
        case ARG_NULL:
          // null is an annotation without a value: see `annotation.json`.
          break;
        case ARG_BOOLEAN:
          out.field(annotation.bool, payload === 0 ? 0 : 1);
          break;
        case ARG_INT:
          out.field(annotation.int, payload);
          break;
        case ARG_DOUBLE:
          this.#number(float64[at++]);
          break;
        case ARG_STRING:
          this.#text(sequence, bytes, at << 3, length);
          at += paddedWords(length);
          break;
      }
      out.close(start);
    }
    if (args.more !== undefined) this.#list(sequence, args.more, tag);
  }

  /** Begins an annotation of a name. Gives what `close()` needs. */
  #open(sequence: Sequence | undefined, tag: number, name: string): number {
    const out = this.#out;
    out.reserve(ROOM);
    const id = sequence === undefined ? 0 : sequence.keys.id(name);
    if (id > 0 && id < 128) return out.openWith(tag, annotation.nameId, id);
    const start = out.open(tag);
    if (id > 0) out.field(annotation.nameId, id);
    else out.string(annotation.name, name);
    out.reserve(ROOM);
    return start;
  }

  /** The same for a key, which remembers its number. */
  #openKey(sequence: Sequence | undefined, tag: number, key: Key | undefined): number {
    if (sequence === undefined || key === undefined) {
      return this.#open(undefined, tag, key?.name ?? '?');
    }
    let encoded = key.encoded as Numbered<Sequence> | undefined;
    if (encoded?.owner !== sequence) {
      encoded = { owner: sequence, id: sequence.keys.id(key.name) };
      key.encoded = encoded;
    }
    const { id } = encoded;
    const out = this.#out;
    out.reserve(ROOM);
    if (id < 128) return out.openWith(tag, annotation.nameId, id);
    const start = out.open(tag);
    out.field(annotation.nameId, id);
    return start;
  }

  #text(sequence: Sequence | undefined, bytes: Uint8Array, start: number, length: number): void {
    const id = sequence === undefined ? 0 : sequence.values.id(bytes, start, length);
    if (id === 0) this.#out.copy(annotation.string, bytes, start, length);
    else this.#out.field(annotation.stringId, id);
  }

  /** Whole numbers as such, as far as doubles hold them. */
  #number(value: number): void {
    const out = this.#out;
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) out.field(annotation.int, value);
    else {
      out.tag(annotation.double);
      out.double(value);
    }
  }

  #members(sequence: Sequence | undefined, object: Members, tag: number, depth: number): void {
    const out = this.#out;
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined) continue;
      const start = this.#open(sequence, tag, name);
      this.#value(sequence, value, depth);
      out.close(start);
    }
  }

  /** A value as JSON knows them. */
  #value(sequence: Sequence | undefined, value: unknown, depth: number): void {
    const out = this.#out;
    out.reserve(ROOM);
    if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') out.field(annotation.bool, value ? 1 : 0);
    else if (typeof value === 'string') {
      const bytes = Buffer.from(value);
      this.#text(sequence, bytes, 0, bytes.length);
    } else if (typeof value !== 'object' || value === null) {
      // null is an annotation without a value: see `annotation.json`.
    } else if (isEmpty(value) || depth === MAX_DEPTH) {
      out.string(annotation.json, JSON.stringify(value));
    } else if (Array.isArray(value)) {
      for (const item of value) {
        out.reserve(ROOM);
        const start = out.open(annotation.array);
        this.#value(sequence, item, depth + 1);
        out.close(start);
      }
    } else this.#members(sequence, value as Members, annotation.dictionary, depth + 1);
  }
}

/** What an annotation has no field for: objects and lists with nothing in them. */
function isEmpty(value: object): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}
