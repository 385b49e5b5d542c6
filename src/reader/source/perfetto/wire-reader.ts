/** How a field is written. There were two more, which nobody writes any more. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TWO_32 = 2 ** 32;
/** No bytes are as many. */
const MAX_LENGTH = 2 ** 30;
/** What is less has one byte. */
const ONE_BYTE = 0x80;

/**
 * Reads messages in the wire format of protocol buffers, field by field. There is one object for all of
 * them: a message inside of another is read by going on at its place (`enter`) and coming back.
 */
export class WireReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** Where the message ends that is being read. */
  end = 0;
  /** Number of the field that was read last, and how it is written. */
  field = 0;
  wire = 0;
  /** The value of a varint or of a number with a fixed length, in two halves of 32 bits, unsigned. */
  low = 0;
  high = 0;
  /** Where the bytes of the field stand. A field that holds a number has none, also where bytes belong. */
  start = 0;
  stop = 0;

  /** Reads the message that stands between two places. */
  enter(start: number, stop: number): void {
    this.at = start;
    this.end = stop;
  }

  /**
   * Reads the next field. False at the end of the message, and where what follows is no field: a message
   * that is damaged ends there.
   */
  next(): boolean {
    const { bytes, end } = this;
    if (this.at >= end) return false;
    // Most tags, lengths and numbers are one byte.
    const tag = bytes[this.at];
    if (tag < ONE_BYTE) {
      this.at++;
      this.wire = tag & 7;
      this.field = tag >>> 3;
    } else {
      if (!this.#varint()) return false;
      this.wire = this.low & 7;
      this.field = this.high === 0 ? this.low >>> 3 : Math.floor(this.number / 8);
    }
    const { at } = this;
    this.start = at;
    this.stop = at;
    switch (this.wire) {
      case WIRE.varint:
        return this.#varint();
      case WIRE.bytes:
        if (at < end && bytes[at] < ONE_BYTE) {
          this.start = at + 1;
          this.stop = at + 1 + bytes[at];
        } else {
          if (!this.#varint()) return false;
          this.start = this.at;
          // As small integers: these are what is fast.
          this.stop =
            this.number > MAX_LENGTH ? Number.POSITIVE_INFINITY : (this.at + this.low) | 0;
        }
        this.at = this.stop;
        return this.stop <= end;
      case WIRE.fixed64:
        this.low = this.#word(at);
        this.high = this.#word(at + 4);
        this.at = at + 8;
        return this.at <= end;
      case WIRE.fixed32:
        this.low = this.#word(at);
        this.high = 0;
        this.at = at + 4;
        return this.at <= end;
      default:
        return false;
    }
  }

  /** The value, unsigned; exact up to 2^53. */
  get number(): number {
    return this.high * TWO_32 + this.low;
  }

  /** The value of a signed field; exact between -2^53 and 2^53. */
  get signed(): number {
    if (this.high < 2 ** 31) return this.number;
    return -((~this.high >>> 0) * TWO_32 + (~this.low >>> 0) + 1);
  }

  get bigint(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** What can be a key of a map: two values are the same if and only if their keys are. */
  get key(): number | bigint {
    return this.high < 2 ** 21 ? this.number : this.bigint;
  }

  /** The value of a double. */
  get double(): number {
    this.#words[0] = this.low;
    this.#words[1] = this.high;
    return this.#double[0];
  }

  readonly #double = new Float64Array(1);
  readonly #words = new Uint32Array(this.#double.buffer);

  #varint(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    let byte = bytes[at++];
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte >= ONE_BYTE; shift += 7) {
      if (at >= end || shift > 63) return false;
      byte = bytes[at++];
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << shift;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    this.at = at;
    return true;
  }

  #word(at: number): number {
    const { bytes } = this;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }
}

/** The text of the field that was read last. */
export function textAt({ bytes, start, stop }: WireReader): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString();
}
