const FIRST = 64 * 1024;
/** Bits of a number in a byte; the highest one says that more follow. */
const LOW = 0x80;
/** More bytes than any time takes. */
const MOST = 12;

/** Writes numbers and texts one behind the other: small numbers take few bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST);
  #count = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#count);
  }

  /** A whole number that is not below 0. */
  whole(value: number): void {
    if (this.#count + MOST > this.#bytes.length) this.#grow(MOST);
    let rest = value;
    for (; rest >= LOW; rest = Math.floor(rest / LOW)) {
      this.#bytes[this.#count++] = (rest % LOW) | LOW;
    }
    this.#bytes[this.#count++] = rest;
  }

  /** A whole number that may be below 0. */
  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Any number. */
  number(value: number): void {
    this.raw(new Uint8Array(Float64Array.of(value).buffer));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.whole(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#count);
    this.#count += bytes.length;
  }

  #grow(more: number): void {
    if (this.#count + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#count + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what a {@link ByteWriter} has written. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let scale = 1; ; scale *= LOW) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw new Error('The answer is cut off.');
      if (byte < LOW) return value + byte * scale;
      value += (byte - LOW) * scale;
    }
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  number(): number {
    // A copy: slice() of Node's Buffer would be none.
    return new Float64Array(new Uint8Array(this.raw(8)).buffer)[0];
  }

  text(): string {
    return new TextDecoder().decode(this.raw(this.whole()));
  }

  raw(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Error('The answer is cut off.');
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}
