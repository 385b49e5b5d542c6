import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bytesBefore,
  FOUR,
  firstBytes,
  fourAt,
  notDigits,
  notPlain,
  valueOfDigits,
} from '#src/reader/source/four-bytes.js';

const view = new DataView(new ArrayBuffer(FOUR));

function fourOf(bytes: readonly number[]): number {
  for (const [at, byte] of bytes.entries()) view.setUint8(at, byte);
  return fourAt(view, 0);
}

/** How many bytes stand before the first one with a bit. */
function before(bits: number): number {
  return bits === 0 ? FOUR : bytesBefore(bits);
}

/** Each byte at each place, between bytes that take all or nothing from those beside them. */
function* fours(): Generator<readonly number[]> {
  const others = [0x00, 0x20, 0x22, 0x30, 0x39, 0x3a, 0x5c, 0x7f, 0x80, 0xff];
  for (const other of others) {
    for (const next of others) {
      for (let byte = 0; byte <= 0xff; byte++) {
        yield [byte, other, next, other];
        yield [other, byte, next, other];
        yield [other, next, byte, other];
        yield [next, other, next, byte];
      }
    }
  }
}

const isPlain = (byte: number) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c;
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

function countWhile(bytes: readonly number[], holds: (byte: number) => boolean): number {
  const end = bytes.findIndex((byte) => !holds(byte));
  return end < 0 ? FOUR : end;
}

describe('four bytes at once', () => {
  test('tell how many of them only stand for themselves in a string, and how many are digits', () => {
    for (const bytes of fours()) {
      const four = fourOf(bytes);
      assert.equal(before(notPlain(four)), countWhile(bytes, isPlain), String(bytes));
      assert.equal(before(notDigits(four)), countWhile(bytes, isDigit), String(bytes));
    }
  });

  test('are the number that their first digits are, whatever stands behind these', () => {
    for (let value = 0; value < 10_000; value++) {
      for (let count = String(value).length; count <= FOUR; count++) {
        const text = String(value).padStart(count, '0').padEnd(FOUR, '\xff');
        assert.equal(valueOfDigits(fourOf([...Buffer.from(text, 'latin1')]), count), value, text);
      }
    }
  });

  test('keep the first ones of them', () => {
    const four = fourOf([1, 2, 3, 0xff]);
    assert.deepEqual(
      [0, 1, 2, 3].map((count) => firstBytes(four, count)),
      [0, 0x01, 0x0201, 0x030201],
    );
  });
});
