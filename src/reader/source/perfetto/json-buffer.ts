import { NS_PER_US } from '../../../trace-event/numbers.js';

const FIRST_BYTES = 64 * 1024;
/** Room for longer events is given back. */
const MOST_BYTES = 1024 * 1024;
/** Room that is there after `reserve()` beyond what was asked for: numbers, and what stands between them. */
const ROOM = 256;
/** Up to so many bytes are copied faster one by one. */
const MAX_LOOPED = 48;
const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const QUOTE = 34;
const BACKSLASH = 92;
const FIRST_PRINTABLE = 32;
const FIRST_NO_ASCII = 128;

/** JSON has no numbers for infinity and for what is none: they are text. */
export function jsonOfNumber(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
}

/** The JSON of text: made once for names that are used again and again. */
export function jsonOf(text: string): Buffer {
  return Buffer.from(JSON.stringify(text));
}

/** JSON, put together byte by byte. */
export class JsonBuffer {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;

  reserve(count: number): void {
    const wanted = this.length + count + ROOM;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > MOST_BYTES) this.bytes = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** Puts a few bytes for which room is there. */
  put(piece: Uint8Array): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < piece.length; i++) bytes[at++] = piece[i];
    this.length = at;
  }

  add(piece: Uint8Array): void {
    this.reserve(piece.length);
    if (piece.length <= MAX_LOOPED) {
      this.put(piece);
      return;
    }
    this.bytes.set(piece, this.length);
    this.length += piece.length;
  }

  addText(text: string): void {
    this.add(Buffer.from(text));
  }

  /** A string of JSON: of UTF-8 that stands in other bytes. */
  string(from: Uint8Array, start: number, stop: number): void {
    this.reserve(stop - start + 2);
    const { bytes } = this;
    let to = this.length;
    bytes[to++] = QUOTE;
    for (let at = start; at < stop; at++) {
      const byte = from[at];
      if (
        byte < FIRST_PRINTABLE ||
        byte >= FIRST_NO_ASCII ||
        byte === QUOTE ||
        byte === BACKSLASH
      ) {
        this.add(
          jsonOf(Buffer.from(from.buffer, from.byteOffset + start, stop - start).toString()),
        );
        return;
      }
      bytes[to++] = byte;
    }
    bytes[to++] = QUOTE;
    this.length = to;
  }

  /** Nanoseconds as microseconds, with all the digits that they have. There has to be room. */
  time(nanoseconds: number): void {
    const { bytes } = this;
    const whole = Math.abs(nanoseconds);
    if (whole > Number.MAX_SAFE_INTEGER) {
      this.addText(String(nanoseconds / NS_PER_US));
      return;
    }
    if (nanoseconds < 0) bytes[this.length++] = MINUS;
    const microseconds = Math.floor(whole / NS_PER_US);
    this.digits(microseconds);
    const rest = whole - microseconds * NS_PER_US;
    if (rest === 0) return;
    const [hundreds, tens, ones] = [Math.floor(rest / 100), Math.floor(rest / 10) % 10, rest % 10];
    let to = this.length;
    bytes[to++] = POINT;
    bytes[to++] = ZERO + hundreds;
    if (tens + ones > 0) bytes[to++] = ZERO + tens;
    if (ones > 0) bytes[to++] = ZERO + ones;
    this.length = to;
  }

  /** A whole number that is not negative. There has to be room. */
  digits(value: number): void {
    const { bytes } = this;
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count++;
    let rest = value;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.length += count;
  }
}
