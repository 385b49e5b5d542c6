import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sortRows } from '#src/reader/timeline/sort-rows.js';

const WIDTH = 4;

/** What comparing the rows one with another gives. */
function expected(rows: readonly (readonly number[])[], keys: number): number[] {
  const compare = (a: readonly number[], b: readonly number[]): number => {
    for (let i = 0; i < keys; i++) {
      const [x, y] = [Number(a[i]), Number(b[i])];
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  };
  return rows
    .map((row, i) => ({ row, i }))
    .sort((a, b) => compare(a.row, b.row))
    .map(({ i }) => i);
}

describe('the order of rows', () => {
  const few = fc.integer({ min: -2, max: 2 });
  for (const [what, value] of [
    ['few different values', few],
    ['values of 32 bits', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    ['values of 53 bits', fc.maxSafeInteger()],
    [
      'values that are further apart than whole numbers are exact',
      fc.constantFrom(...[2 ** 62, -(2 ** 62), 2 ** 53, 7, 8]),
    ],
    ['values that are not whole', fc.double({ noNaN: true })],
  ] as const) {
    test(`is that of comparing them, and equal ones stay as they are, with ${what}`, () => {
      const row = fc.tuple(fc.oneof(few, value), fc.oneof(few, value), few, value);
      fc.assert(
        fc.property(
          fc.array(row, { maxLength: 100 }),
          fc.integer({ min: 1, max: WIDTH }),
          (rows, keys) => {
            const values = Float64Array.from(rows.flat());
            const order = sortRows({ values, width: WIDTH, keys, count: rows.length });
            assert.deepEqual(Array.from(order), expected(rows, keys));
          },
        ),
        { numRuns: 500 },
      );
    });
  }

  test('is found where tracks come in turns, each nearly in the order of time', () => {
    const late = fc.array(fc.nat({ max: 9 }), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(late, fc.integer({ min: 1, max: 5 }), (lateness, tracks) => {
        const rows = lateness.map((late, i) => [
          i % tracks,
          2 * i - late,
          late > 7 ? Number.NEGATIVE_INFINITY : -late,
          i,
        ]);
        const values = Float64Array.from(rows.flat());
        const order = sortRows({ values, width: WIDTH, keys: 3, count: rows.length });
        assert.deepEqual(Array.from(order), expected(rows, 3));
      }),
    );
  });

  test('is found where very many are equal in their first keys', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => [1, i % 2, (i * 7919) % 5003, 0]);
    const values = Float64Array.from(rows.flat());
    const order = sortRows({ values, width: WIDTH, keys: 3, count: rows.length });
    assert.deepEqual(Array.from(order), expected(rows, 3));
  });
});
