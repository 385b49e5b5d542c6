import { Buffer } from 'node:buffer';
import type { Piece } from '../../../encoding/byte-buffer.js';
import { entry } from '../../../encoding/perfetto/fields.js';
import type { Hash } from '../../../encoding/perfetto/hash.js';
import { intern } from '../../../encoding/perfetto/packets.js';
import { NUMBER_ROOM, type WireBuffer } from '../../../encoding/perfetto/wire.js';
import type { IdTexts } from '../id-texts.js';

/** So many texts of one kind are remembered. One that is forgotten gets another number. */
const MAX_TEXTS = 4096;
/** Longer ones are written out each time, as arguments that long rarely repeat. */
const MAX_VALUE_BYTES = 64;
/** Places for texts, and for calls, that may come again: powers of two. */
const VALUE_PLACES = 1024;
const CALL_PLACES = 1024;

/** Numbers that are given out once. */
export class Numbers {
  last = 0;

  next(): number {
    return ++this.last;
  }
}

/**
 * Numbers for texts that a sequence repeats. `added` gets each text with its number, as InternedData, to go
 * into the packet that uses the number first.
 */
export class Texts {
  readonly #added: WireBuffer;
  readonly #list: number;
  readonly #numbers: Numbers;
  readonly #ids = new Map<string, number>();

  /** `list` is the tag of the list in InternedData. */
  constructor(added: WireBuffer, list: number, numbers: Numbers) {
    this.#added = added;
    this.#list = list;
    this.#numbers = numbers;
  }

  id(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#numbers.next();
    if (this.#ids.size >= MAX_TEXTS) this.#ids.clear();
    this.#ids.set(text, id);
    intern(this.#added, this.#list, id, text);
    return id;
  }
}

/**
 * The same for names of calls. Most calls are new, so they are known by hashes that take one place each: a
 * table of texts would grow and be emptied all the time.
 */
export class Calls {
  readonly #added: WireBuffer;
  readonly #list: number;
  readonly #numbers: Numbers;
  readonly #hashes = new Int32Array(2 * CALL_PLACES);
  /** 0 for a call that came once. */
  readonly #ids = new Int32Array(CALL_PLACES);

  constructor(added: WireBuffer, list: number, numbers: Numbers) {
    this.#added = added;
    this.#list = list;
    this.#numbers = numbers;
  }

  /**
   * 0 where it has to be written out: it comes for the first time.
   *
   * @param call Its id in the process.
   */
  id(call: number, { high, low }: Hash, texts: IdTexts): number {
    const place = low & (CALL_PLACES - 1);
    const hashes = this.#hashes;
    if (hashes[2 * place] !== (low | 0) || hashes[2 * place + 1] !== (high | 0)) {
      hashes[2 * place] = low;
      hashes[2 * place + 1] = high;
      this.#ids[place] = 0;
      return 0;
    }
    if (this.#ids[place] === 0) {
      this.#ids[place] = this.#numbers.next();
      intern(this.#added, this.#list, this.#ids[place], texts.ofCall(call));
    }
    return this.#ids[place];
  }
}

/**
 * The same for values of arguments, by their bytes in UTF-8. Most do not come again, so one gets a number
 * when it comes for the second time. Each has one place, which it may lose to another: whoever loses its
 * place begins anew.
 */
export class Values {
  readonly #added: WireBuffer;
  readonly #list: number;
  readonly #hashes = new Int32Array(VALUE_PLACES);
  readonly #lengths = new Uint8Array(VALUE_PLACES);
  /** 0 for a text that came once. */
  readonly #ids = new Int32Array(VALUE_PLACES);
  readonly #numbers: Numbers;
  #bytes = Buffer.alloc(0);

  constructor(added: WireBuffer, list: number, numbers: Numbers) {
    this.#added = added;
    this.#list = list;
    this.#numbers = numbers;
  }

  /** 0 where it has to be written out. */
  id(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0 || length > MAX_VALUE_BYTES) return 0;
    let hash = length;
    for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    hash ^= hash >>> 15;
    const place = hash & (VALUE_PLACES - 1);
    if (this.#hashes[place] !== hash || !this.#holds(place, bytes, start, length)) {
      this.#take(place, hash, bytes, start, length);
      return 0;
    }
    const known = this.#ids[place];
    if (known !== 0) return known;
    const id = this.#numbers.next();
    this.#ids[place] = id;
    this.#define(id, bytes, start, length);
    return id;
  }

  #holds(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lengths[place] !== length) return false;
    const at = place * MAX_VALUE_BYTES - start;
    for (let i = start; i < start + length; i++) if (this.#bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  #take(place: number, hash: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.#bytes.length === 0) this.#bytes = Buffer.alloc(VALUE_PLACES * MAX_VALUE_BYTES);
    this.#hashes[place] = hash;
    this.#lengths[place] = length;
    this.#ids[place] = 0;
    const at = place * MAX_VALUE_BYTES - start;
    for (let i = start; i < start + length; i++) this.#bytes[at + i] = bytes[i];
  }

  #define(id: number, bytes: Uint8Array, at: number, length: number): void {
    const added = this.#added;
    added.reserve(4 * NUMBER_ROOM);
    const start = added.open(this.#list);
    added.field(entry.id, id);
    added.copy(entry.text, bytes, at, length);
    added.close(start);
  }
}

/** What was made of something for a sequence, and holds for that one only. */
export interface Encoded<Owner> {
  readonly owner: Owner;
  readonly piece: Piece;
}

/** A number that a sequence has for something. */
export interface Numbered<Owner> {
  readonly owner: Owner;
  readonly id: number;
}
