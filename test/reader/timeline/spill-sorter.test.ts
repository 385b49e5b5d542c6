import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SpillSorter } from '#src/reader/timeline/spill-sorter.js';

const ROW_BYTES = 8 * 3;

/** Sorts rows of three columns by the first of these, in memory for so many rows. */
function sort(rows: readonly (readonly number[])[], keys: number, rowsInMemory: number) {
  const columns = ['a', 'b', 'c'] as const;
  const [sortedBy, others] = [columns.slice(0, keys), columns.slice(keys)];
  const sorter = new SpillSorter({ sortedBy, others }, rowsInMemory * ROW_BYTES);
  for (const [a = 0, b = 0, c = 0] of rows) sorter.add({ a, b, c });
  return Array.from(sorter.sorted(), ({ a, b, c }) => [a, b, c]);
}

describe('rows', () => {
  test('are sorted by their first columns, whether they fit into memory or not', () => {
    const value = fc.integer({ min: -5, max: 5 });
    const row = fc.tuple(value, value, fc.integer());
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 2, max: 20 }), (rows, inMemory) => {
        // Sorted by all columns, so that there is one right order only.
        const expected = rows.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
        assert.deepEqual(sort(rows, 3, inMemory), expected);
      }),
      { numRuns: 300 },
    );
  });

  test('that are equal in all keys come back once each, also out of several runs', () => {
    const sorter = new SpillSorter({ sortedBy: ['key'], others: ['number'] }, 4096);
    const COUNT = 20_000;
    for (let number = 0; number < COUNT; number++)
      sorter.add({ key: Math.floor(number / 3), number });
    const numbers = new Set<number>();
    let count = 0;
    for (const { number } of sorter.sorted()) {
      numbers.add(number);
      if (++count > COUNT) break;
    }
    assert.deepEqual([count, numbers.size], [COUNT, COUNT]);
  });

  test('that are many come back all, from many runs', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [(i * 7919) % 100_003, i, -i]);
    const sorted = sort(rows, 1, 1000);
    assert.equal(sorted.length, rows.length);
    for (let i = 1; i < sorted.length; i++)
      assert.ok(Number(sorted[i - 1]?.[0]) <= Number(sorted[i]?.[0]));
    assert.equal(new Set(sorted.map(([, index]) => index)).size, rows.length);
  });

  test('that come nearly in order are in order, across the ends of runs, too', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => [i % 3, i - (i % 7 === 6 ? 20 : 0), i]);
    const expected = rows.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    for (const inMemory of [10, 1000, 3001]) assert.deepEqual(sort(rows, 3, inMemory), expected);
  });

  test('leave no file behind, also when nobody takes them all', () => {
    const files = () => readdirSync(tmpdir()).filter((name) => name.endsWith('.sort'));
    const before = files();
    const sorter = new SpillSorter({ sortedBy: ['a', 'b', 'c'] }, 2 * ROW_BYTES);
    for (let i = 0; i < 10; i++) sorter.add({ a: i, b: 0, c: 0 });
    for (const _row of sorter.sorted()) break;
    assert.deepEqual(files(), before);
  });
});
