import { Buffer } from 'node:buffer';

const THOUSAND = 1000;
const MILLION = 1_000_000;
const BILLION = 1_000_000_000;
const ZERO = 48;
const DOT = 46;

/**
 * The digits of 0 to 999 as four bytes that are stored at once, the first one lowest: padded ("007"),
 * as short as can be ("7"), and as decimals (".007"). Numbers are put three digits at a time, which takes
 * half the time of one by one.
 */
const TRIPLES = new Int32Array(THOUSAND);
const SHORTEST = new Int32Array(THOUSAND);
const FRACTIONS = new Int32Array(THOUSAND);
for (let value = 0; value < THOUSAND; value++) {
  const digits = [Math.floor(value / 100), Math.floor(value / 10) % 10, value % 10];
  const [hundreds, tens, ones] = digits.map((digit) => ZERO + digit) as [number, number, number];
  TRIPLES[value] = hundreds | (tens << 8) | (ones << 16);
  SHORTEST[value] = TRIPLES[value] >> (8 * (3 - shortestLength(value)));
  FRACTIONS[value] = (TRIPLES[value] << 8) | DOT;
}

function shortestLength(value: number): number {
  return value >= 100 ? 3 : value >= 10 ? 2 : 1;
}

/** Bytes that `reserve` adds: stores of whole words may reach so far beyond what is put. */
const SLACK = 8;
const WORD = SLACK;
/** Longer texts are copied faster by `set` than word by word (Node 20 and 26). */
const MAX_SHORT = 80;

/** A text that is put many times: encoded once. */
export class Piece {
  readonly bytes: Uint8Array;
  /**
   * The same with zeros behind it, eight bytes at a time, if it is short. As doubles, because
   * nothing else moves eight bytes at this cost. None is NaN, whose bits need not survive: in UTF-8
   * no byte is 0xFF, and none from 0xF0 on stands before 0x7F.
   */
  readonly words: Float64Array | undefined;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    const { length } = this.bytes;
    if (length > MAX_SHORT) return;
    const padded = viewOf(Buffer.concat([this.bytes, Buffer.alloc(SLACK)]));
    const count = Math.ceil(length / WORD);
    this.words = Float64Array.from({ length: count }, (_, i) => padded.getFloat64(WORD * i, true));
  }
}

/** Bytes that grow at the end. Callers make room with `reserve` and then put what fits. */
export class ByteBuffer {
  #bytes: Buffer;
  #words: DataView;
  length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#words = viewOf(this.#bytes);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** What was put since there were so many bytes. */
  textFrom(start: number): string {
    return this.#bytes.toString('utf8', start, this.length);
  }

  /** Room for so many bytes behind what is there. */
  reserve(count: number): void {
    const needed = this.length + count + SLACK;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.view());
    this.#bytes = larger;
    this.#words = viewOf(larger);
  }

  /** Forgets the content, and memory beyond the capacity given. */
  clear(capacity: number): void {
    this.length = 0;
    if (this.#bytes.length <= 4 * capacity) return;
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#words = viewOf(this.#bytes);
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  /** Overwrites the byte that stands so many before the end. */
  replace(back: number, value: number): void {
    this.#bytes[this.length - back] = value;
  }

  put({ bytes, words }: Piece): void {
    if (words === undefined) this.#bytes.set(bytes, this.length);
    else {
      const view = this.#words;
      for (let i = 0, at = this.length; i < words.length; i++, at += WORD) {
        view.setFloat64(at, words[i], true);
      }
    }
    this.length += bytes.length;
  }

  bytes(source: Uint8Array): void {
    this.#bytes.set(source, this.length);
    this.length += source.length;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.length += this.#bytes.write(text, this.length, 'utf8');
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
      if (value < THOUSAND) this.#first(value);
      else {
        const high = (value / THOUSAND) | 0;
        this.#first(high);
        this.#triple(value - high * THOUSAND);
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
    const whole = Math.floor(nanoseconds / THOUSAND);
    this.integer(whole + wholeOffset);
    const rest = nanoseconds - whole * THOUSAND;
    if (rest === 0) return;
    this.#words.setInt32(this.length, FRACTIONS[rest], true);
    this.length += 4;
  }

  #six(value: number): void {
    const high = (value / THOUSAND) | 0;
    this.#triple(high);
    this.#triple(value - high * THOUSAND);
  }

  /** 0 to 999, padded with zeros to three digits. */
  #triple(value: number): void {
    this.#words.setInt32(this.length, TRIPLES[value], true);
    this.length += 3;
  }

  /** 0 to 999, without zeros in front. */
  #first(value: number): void {
    this.#words.setInt32(this.length, SHORTEST[value], true);
    this.length += shortestLength(value);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
