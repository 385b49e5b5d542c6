const FIRST_SLOTS = 1024;
const FIRST_BYTES = 16 * 1024;
/** Of the FNV hash. */
export const FNV_PRIME = 0x01000193;

/**
 * Gives numbers, from 0, to texts that stand in a file, by their bytes: the same text has the same
 * number, and is made a string once. Memory grows with the texts, and not with how often they come.
 */
export class ByteStrings {
  readonly texts: string[] = [];
  /** Number + 1 of a text by its hash; 0 for none. Of two texts with one hash, one is further on. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #hashes = new Int32Array(FIRST_SLOTS >> 1);
  /** The bytes of all texts, one behind the other, and where each one ends. */
  #pool = new Uint8Array(FIRST_BYTES);
  #ends = new Uint32Array(FIRST_SLOTS >> 1);

  /** The number of the text that stands in these bytes, which have that hash. */
  number(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot];
      if (found === 0) return this.#add(bytes, start, end, hash, slot);
      if (this.#hashes[found - 1] === hash && this.#is(found - 1, bytes, start, end)) {
        return found - 1;
      }
    }
  }

  /** The number of the text that stands in these bytes, of which no hash is known. */
  numberAt(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], FNV_PRIME);
    return this.number(bytes, start, end, hash);
  }

  numberOf(text: string): number {
    const bytes = Buffer.from(text);
    return this.numberAt(bytes, 0, bytes.length);
  }

  #is(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = number === 0 ? 0 : this.#ends[number - 1];
    if (this.#ends[number] - at !== end - start) return false;
    const pool = this.#pool;
    for (let i = start; i < end; i++) if (pool[at++] !== bytes[i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const number = this.texts.length;
    const from = number === 0 ? 0 : this.#ends[number - 1];
    const to = from + end - start;
    if (to > this.#pool.length) this.#pool = larger(this.#pool, to);
    this.#pool.set(bytes.subarray(start, end), from);
    this.#ends[number] = to;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    this.texts.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
    if (this.texts.length === this.#ends.length) this.#grow();
    return number;
  }

  /** Half of the slots are free at the least. */
  #grow(): void {
    const count = this.texts.length;
    this.#ends = larger(this.#ends, 2 * count);
    this.#hashes = larger(this.#hashes, 2 * count);
    const slots = new Uint32Array(4 * count);
    const mask = slots.length - 1;
    for (let number = 0; number < count; number++) {
      let slot = spread(this.#hashes[number]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** The last bits of the hash depend on the last bits of the bytes only. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function larger<T extends Uint8Array | Uint32Array | Int32Array>(array: T, least: number): T {
  const Kind = array.constructor as new (length: number) => T;
  const grown = new Kind(Math.max(2 * array.length, least));
  grown.set(array);
  return grown;
}
