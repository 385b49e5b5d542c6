import { Buffer } from 'node:buffer';
import { ByteBuffer } from '../../encoding/byte-buffer.js';
import { DOT } from './json-bytes.js';

const THOUSAND = 1000;
const MILLION = 1_000_000;
const BILLION = 1_000_000_000;
const ZERO = 48;

/**
 * The digits of 0 to 999 as four bytes that are stored at once, the first one lowest: padded ("007"),
 * as short as can be ("7"), and as decimals (".007"). Numbers are put three digits at a time, which takes
 * half the time of one by one.
 */
const TRIPLES = new Int32Array(THOUSAND);
const SHORTEST = new Int32Array(THOUSAND);
const FRACTIONS = new Int32Array(THOUSAND);
// Every program that imports tracelane waits for this: without a list for each of them it takes a tenth
// of the time.
for (let value = 0; value < THOUSAND; value++) {
  const hundreds = (value / 100) | 0;
  const tens = ((value / 10) | 0) % 10;
  TRIPLES[value] = ZERO + hundreds + ((ZERO + tens) << 8) + ((ZERO + (value % 10)) << 16);
  SHORTEST[value] = TRIPLES[value] >> (8 * (3 - shortestLength(value)));
  FRACTIONS[value] = (TRIPLES[value] << 8) | DOT;
}

function shortestLength(value: number): number {
  return value >= 100 ? 3 : value >= 10 ? 2 : 1;
}

const HEXADECIMAL = Buffer.from('0123456789abcdef');

/** Bytes with numbers as texts. */
export class DecimalBuffer extends ByteBuffer {
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
    this.words.setInt32(this.length, FRACTIONS[rest], true);
    this.length += 4;
  }

  /** A whole number below 2^53 with so many hexadecimal digits: zeros in front. */
  hexadecimal(value: number, digits: number): void {
    const bytes = this.memory;
    // From the last one on: what has more than 32 bits is no operand of `&`.
    for (let at = this.length + digits - 1, rest = value; at >= this.length; at--) {
      const next = Math.floor(rest / 16);
      bytes[at] = HEXADECIMAL[rest - 16 * next];
      rest = next;
    }
    this.length += digits;
  }

  #six(value: number): void {
    const high = (value / THOUSAND) | 0;
    this.#triple(high);
    this.#triple(value - high * THOUSAND);
  }

  /** 0 to 999, padded with zeros to three digits. */
  #triple(value: number): void {
    this.words.setInt32(this.length, TRIPLES[value], true);
    this.length += 3;
  }

  /** 0 to 999, without zeros in front. */
  #first(value: number): void {
    this.words.setInt32(this.length, SHORTEST[value], true);
    this.length += shortestLength(value);
  }
}
