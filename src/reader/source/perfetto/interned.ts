/** Only numbers below this can be places in a list. */
const MAX_LISTED = 1 << 16;
/** A number is one if it lies less than this beyond twice the length of the list. */
const NEAR = 64;
/** A number far beyond its end is one if of so many numbers one has come already. */
const SPARSE = 32;
/** Up to so many bytes are copied faster one by one. */
const MAX_LOOPED = 48;
/** A trace may have a hundred thousand writers, of which each names a few. */
const FIRST_BYTES = 256;
const FIRST_TEXTS = 16;
const NO_BYTES = new Uint8Array(0);
const NO_PLACES = new Uint32Array(0);

/**
 * Whether a number is to be a place in a list of a length. A writer may name a few things only, by
 * numbers that it shares with a hundred thousand others.
 */
function isListed(id: number, length: number, others: number): boolean {
  return id < MAX_LISTED && (id < NEAR + 2 * length || id < SPARSE * others);
}

/** What packets name by numbers: mostly small ones, given out one after the other. */
export class Interned<T> {
  #listed: (T | undefined)[] = [];
  #others: Map<number, T> | undefined;

  get(id: number): T | undefined {
    const listed = id < this.#listed.length ? this.#listed[id] : undefined;
    return listed ?? this.#others?.get(id);
  }

  set(id: number, value: T): void {
    if (!isListed(id, this.#listed.length, this.#others?.size ?? 0)) {
      this.#others ??= new Map();
      this.#others.set(id, value);
      return;
    }
    while (this.#listed.length < id) this.#listed.push(undefined);
    this.#listed[id] = value;
  }

  clear(): void {
    this.#listed = [];
    this.#others = undefined;
  }
}

/**
 * Texts in UTF-8, by their numbers. They stand in one piece of memory, which grows with those that are
 * known, and not with all that there were: an object for each would take as long as all else of reading.
 */
export class InternedBytes {
  #bytes = NO_BYTES;
  /** How much of it is taken, and how much of that is still known. The first byte is nobody's. */
  #used = 1;
  #known = 0;
  /** Where they begin and end; 0 for what is not known. */
  #starts = NO_PLACES;
  #ends = NO_PLACES;
  #others: Map<number, Uint8Array> | undefined;

  /** The bytes of a text, which may change when the next packet is read. */
  get(id: number): Uint8Array | undefined {
    const end = this.#ends[id] ?? 0;
    return end === 0 ? this.#others?.get(id) : this.#bytes.subarray(this.#starts[id], end);
  }

  set(id: number, from: Uint8Array, start: number, stop: number): void {
    if (!isListed(id, this.#ends.length, this.#others?.size ?? 0)) {
      this.#others ??= new Map();
      this.#others.set(id, from.slice(start, stop));
      return;
    }
    while (id >= this.#ends.length) this.#grow();
    this.#known -= this.#ends[id] - this.#starts[id];
    this.#ends[id] = this.#starts[id] = 0;
    const length = stop - start;
    if (this.#used + length > this.#bytes.length) this.#makeRoom(length);
    const at = this.#used;
    if (length > MAX_LOOPED) this.#bytes.set(from.subarray(start, stop), at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = from[start + i];
    this.#starts[id] = at;
    this.#ends[id] = this.#used = at + length;
    this.#known += length;
  }

  clear(): void {
    this.#starts.fill(0);
    this.#ends.fill(0);
    this.#others = undefined;
    this.#used = 1;
    this.#known = 0;
  }

  #grow(): void {
    const [starts, ends] = [this.#starts, this.#ends];
    const length = Math.max(FIRST_TEXTS, 2 * starts.length);
    this.#starts = new Uint32Array(length);
    this.#ends = new Uint32Array(length);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }

  /** Moves what is known together, into twice as much room as that needs. */
  #makeRoom(length: number): void {
    const old = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(FIRST_BYTES, 2 * (this.#known + length + 1)));
    this.#used = 1;
    for (let id = 0; id < this.#ends.length; id++) {
      if (this.#ends[id] === 0) continue;
      const text = old.subarray(this.#starts[id], this.#ends[id]);
      this.#bytes.set(text, this.#used);
      this.#starts[id] = this.#used;
      this.#used += text.length;
      this.#ends[id] = this.#used;
    }
  }
}
