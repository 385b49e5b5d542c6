const COMMA_DIGITS = 1000;
const ZERO = 48;
const DOT = 46;

/** "000" to "999": three digits at a time halve the divisions that a number takes. */
const TRIPLES = new Uint8Array(3 * COMMA_DIGITS);
let end = 0;
for (let hundreds = 0; hundreds < 10; hundreds++) {
  for (let tens = 0; tens < 10; tens++) {
    for (let ones = 0; ones < 10; ones++) {
      TRIPLES[end++] = ZERO + hundreds;
      TRIPLES[end++] = ZERO + tens;
      TRIPLES[end++] = ZERO + ones;
    }
  }
}

const MAX_SHORT = 24;

const MILLION = 1_000_000;
const BILLION = 1_000_000_000;

/** Bytes that grow at the end. Callers make room with `reserve` and then put what fits. */
export class ByteBuffer {
  #bytes: Buffer;
  length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Room for so many bytes behind what is there. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.view());
    this.#bytes = larger;
  }

  /** Forgets the content, and memory beyond the capacity given. */
  clear(capacity: number): void {
    this.length = 0;
    if (this.#bytes.length > 4 * capacity) this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  /** Few bytes one by one: a call of `set` takes as long as copying 30 of them (Node 20 and 26). */
  put(source: Uint8Array): void {
    const { length } = source;
    const bytes = this.#bytes;
    if (length > MAX_SHORT) bytes.set(source, this.length);
    else for (let i = 0, at = this.length; i < length; i++, at++) bytes[at] = source[i];
    this.length += length;
  }

  /** ASCII only. */
  ascii(text: string): void {
    const bytes = this.#bytes;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** A whole number from 0 to 2^53, in decimal. */
  integer(value: number): void {
    if (value < MILLION) {
      if (value < 1000) this.#first(value);
      else {
        const high = (value / 1000) | 0;
        this.#first(high);
        this.#triple(value - high * 1000);
      }
    } else if (value < BILLION) {
      const high = (value / MILLION) | 0;
      this.#first(high);
      this.#six(value - high * MILLION);
    } else {
      const high = Math.floor(value / BILLION);
      this.integer(high);
      const low = value - high * BILLION;
      const top = (low / MILLION) | 0;
      this.#triple(top);
      this.#six(low - top * MILLION);
    }
  }

  /** Nanoseconds as microseconds, with three decimals where they are not zero. */
  microseconds(nanoseconds: number, wholeOffset: number): void {
    const whole = Math.floor(nanoseconds / 1000);
    this.integer(whole + wholeOffset);
    const rest = nanoseconds - whole * 1000;
    if (rest === 0) return;
    this.#bytes[this.length++] = DOT;
    this.#triple(rest);
  }

  #six(value: number): void {
    const high = (value / 1000) | 0;
    this.#triple(high);
    this.#triple(value - high * 1000);
  }

  /** 0 to 999 with leading zeros. */
  #triple(value: number): void {
    const bytes = this.#bytes;
    const at = this.length;
    const from = 3 * value;
    bytes[at] = TRIPLES[from];
    bytes[at + 1] = TRIPLES[from + 1];
    bytes[at + 2] = TRIPLES[from + 2];
    this.length = at + 3;
  }

  /** 0 to 999 without. */
  #first(value: number): void {
    const bytes = this.#bytes;
    const from = 3 * value;
    if (value >= 100) bytes[this.length++] = TRIPLES[from];
    if (value >= 10) bytes[this.length++] = TRIPLES[from + 1];
    bytes[this.length++] = TRIPLES[from + 2];
  }
}
