import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Piece } from '#src/encoding/byte-buffer.js';
import { DecimalBuffer } from '#src/recorder/format/decimal-buffer.js';

function written(write: (buffer: DecimalBuffer) => void): string {
  const buffer = new DecimalBuffer(64);
  write(buffer);
  return Buffer.from(buffer.view()).toString();
}

test('whole numbers are written as JavaScript writes them, up to 2^53', () => {
  const edges = [0, 9, 10, 99, 100, 999, 1000, 999_999, 1e6, 999_999_999, 1e9, 1e12, 2 ** 53 - 1];
  const number = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat(2000), fc.constantFrom(...edges));
  fc.assert(
    fc.property(number, (value) => {
      assert.equal(
        written((buffer) => buffer.integer(value)),
        String(value),
      );
    }),
    { numRuns: 20_000 },
  );
});

test('nanoseconds are written as microseconds that a double gives back exactly', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(999), (high, low) => {
      const nanoseconds = high * 1000 + low;
      const text = written((buffer) => buffer.microseconds(nanoseconds, 0));
      assert.match(text, /^\d+(\.\d{3})?$/);
      assert.equal(Math.round(Number(text) * 1000), nanoseconds);
    }),
    { numRuns: 20_000 },
  );
});

test('it grows by what is reserved and keeps what is there', () => {
  const text = written((buffer) => {
    for (let i = 0; i < 100; i++) {
      buffer.reserve(10);
      buffer.ascii('0123456789');
    }
  });
  assert.equal(text, '0123456789'.repeat(100));
});

test('pieces of any length and any characters stand where they were put', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 })), (texts) => {
      const whole = written((buffer) => {
        for (const text of texts) {
          const piece = new Piece(text);
          buffer.reserve(piece.bytes.length);
          buffer.put(piece);
        }
      });
      assert.equal(whole, texts.join('').toWellFormed());
    }),
    { numRuns: 2000 },
  );
});
