import { ByteBuffer, type Piece } from '../byte-buffer.js';
import type { Hash } from './hash.js';

/** How many values seven bits hold, and four times seven. */
const BYTE = 2 ** 7;
const FOUR_BYTES = 2 ** 28;
/** Bits above the lowest 28 of a whole number of 64 bits. */
const HIGH_RANGE = 2 ** 36;
/** A field's number stands above three bits that tell how its value is encoded. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** Up to so many bytes, a loop takes less time than a call of Node's. */
const MAX_LOOPED = 32;
/** The same for bytes that stand in no Buffer, of which it takes longer to make a part. */
const MAX_RAW_LOOPED = 40;

/** Room that is enough for a tag and a number. */
export const NUMBER_ROOM = 16;

/** The tags of fields by how their values are encoded; numbers up to 2047. */
export const number = (field: number): number => (field << 3) | VARINT;
export const fixed = (field: number): number => (field << 3) | FIXED64;
export const bytes = (field: number): number => (field << 3) | BYTES;

/** Bytes in the encoding of Protocol Buffers. As with all of them, callers make room first. */
export class WireBuffer extends ByteBuffer {
  /** Overwrites a byte. */
  set(at: number, value: number): void {
    this.memory[at] = value;
  }

  tag(tag: number): void {
    if (tag < BYTE) this.memory[this.length++] = tag;
    else {
      this.memory[this.length++] = (tag & 0x7f) | 0x80;
      this.memory[this.length++] = tag >> 7;
    }
  }

  /** A whole number from -2^53 to 2^53; a negative one takes ten bytes. */
  varint(value: number): void {
    if (value >= FOUR_BYTES || value < 0) {
      const high = Math.floor(value / FOUR_BYTES);
      this.#low(value - high * FOUR_BYTES);
      this.varint(high < 0 ? high + HIGH_RANGE : high);
      return;
    }
    const { memory } = this;
    let at = this.length;
    let rest = value;
    while (rest >= BYTE) {
      memory[at++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    memory[at++] = rest;
    this.length = at;
  }

  /** 64 bits. */
  long(value: bigint): void {
    const low = Number(BigInt.asUintN(28, value));
    const high = Number(BigInt.asUintN(64, value) >> 28n);
    if (high === 0) this.varint(low);
    else {
      this.#low(low);
      this.varint(high);
    }
  }

  /** A field that holds the lower 63 bits of a hash, in nine bytes whatever they are. */
  uuid(tag: number, { high, low }: Hash): void {
    this.tag(tag);
    this.#low(low);
    this.byte((low >>> 28) | ((high & 7) << 4) | 0x80);
    this.#low(high >>> 3);
    // Nothing follows.
    this.memory[this.length - 1] &= 0x7f;
  }

  double(value: number): void {
    this.words.setFloat64(this.length, value, true);
    this.length += 8;
  }

  fixed64(value: bigint): void {
    this.words.setBigUint64(this.length, value, true);
    this.length += 8;
  }

  field(tag: number, value: number): void {
    this.tag(tag);
    this.varint(value);
  }

  /** A field that holds a text; makes room for it. */
  string(tag: number, text: string): void {
    this.reserve(3 * text.length + NUMBER_ROOM);
    const start = this.open(tag);
    if (text.length > MAX_LOOPED || !this.#plain(text)) {
      this.length = start;
      this.text(text);
    }
    this.close(start);
  }

  /** A short text of ASCII, which a loop copies faster. False where it is none. */
  #plain(text: string): boolean {
    const { memory } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      memory[at++] = code;
    }
    this.length = at;
    return true;
  }

  /** A field that holds bytes. */
  copy(tag: number, source: Uint8Array, start: number, length: number): void {
    this.reserve(length + NUMBER_ROOM);
    this.field(tag, length);
    this.raw(source, start, length, MAX_LOOPED);
  }

  /** Bytes as they are; up to so many of them one by one. */
  raw(source: Uint8Array, start: number, length: number, maxLooped = MAX_RAW_LOOPED): void {
    if (length > maxLooped) {
      this.bytes(source.subarray(start, start + length));
      return;
    }
    const { memory } = this;
    let at = this.length;
    for (let i = start; i < start + length; i++) memory[at++] = source[i];
    this.length = at;
  }

  /** A field that holds other fields, or bytes. */
  piece(tag: number, { bytes }: Piece): void {
    this.copy(tag, bytes, 0, bytes.length);
  }

  /** Begins a field of which it is not known yet how long it is. Gives what `close()` needs. */
  open(tag: number): number {
    this.tag(tag);
    return ++this.length;
  }

  /**
   * Begins a field in which the first one is a number below 128: four bytes at once. Both tags take one byte.
   * Gives what `close()` needs.
   */
  openWith(tag: number, first: number, value: number): number {
    const at = this.length;
    this.words.setInt32(at, tag | (first << 16) | (value << 24), true);
    this.length = at + 4;
    return at + 2;
  }

  /**
   * Ends the field whose content begins at `start`. Its length goes into the byte before. A longer one needs
   * more bytes, and the content is moved up.
   */
  close(start: number): void {
    const length = this.length - start;
    if (length < BYTE) this.memory[start - 1] = length;
    else this.#makeRoomForLength(start, length);
  }

  #makeRoomForLength(start: number, length: number): void {
    let more = 0;
    for (let rest = length; rest >= BYTE; rest = Math.floor(rest / BYTE)) more++;
    this.reserve(more);
    this.memory.copyWithin(start + more, start, this.length);
    this.length = start - 1;
    this.varint(length);
    this.length += length;
  }

  /** The lowest 28 bits of a number that has more. */
  #low(value: number): void {
    const { memory } = this;
    for (let i = 0, rest = value; i < 4; i++, rest >>= 7) {
      memory[this.length++] = (rest & 0x7f) | 0x80;
    }
  }
}
