import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Intervals, takeOut } from '#src/reader/requests/intervals.js';

const LENGTH = 400;
const interval = fc
  .tuple(fc.nat(LENGTH - 1), fc.nat(10))
  .map(([start, length]) => ({ start, end: Math.min(LENGTH, start + length) }));

function intervals(all: readonly { start: number; end: number }[]): Intervals {
  const result = new Intervals();
  for (const { start, end } of all) result.add(start, end);
  return result;
}

function list(of: Intervals): { start: number; end: number }[] {
  const { starts, ends } = of.columns;
  return starts.map((start, i) => ({ start, end: ends[i] ?? 0 }));
}

/** Of each unit of time, whether it is covered. */
function covered(all: readonly { start: number; end: number }[]): boolean[] {
  return Array.from({ length: LENGTH }, (_, at) =>
    all.some(({ start, end }) => start <= at && at < end),
  );
}

/** Few, or so many that some are put in order before the others come. */
const several = fc.oneof(fc.array(interval), fc.array(interval, { minLength: 50, maxLength: 150 }));

test('intervals cover what was added to them, in any order and between looks, and do not overlap', () => {
  fc.assert(
    fc.property(several, fc.nat(150), (added, looked) => {
      const result = new Intervals();
      for (const [i, { start, end }] of added.entries()) {
        if (i === looked) assert.deepEqual(covered(list(result)), covered(added.slice(0, i)));
        result.add(start, end);
      }
      const all = list(result);
      assert.deepEqual(covered(all), covered(added));
      for (const [i, { start, end }] of all.entries()) {
        assert.ok(start <= end);
        assert.ok(i === 0 || (all[i - 1]?.end ?? 0) < start);
      }
    }),
  );
});

test('of intervals in falling order none is lost', () => {
  const falling = Array.from({ length: 300 }, (_, i) => ({
    start: 3 * (300 - i),
    end: 3 * (300 - i) + 1,
  }));
  assert.deepEqual(list(intervals(falling)), falling.toReversed());
});

test('what is taken out of intervals is what lies in the others, and what is left does not', () => {
  fc.assert(
    fc.property(fc.array(interval), fc.array(interval), (first, second) => {
      const { taken, left } = takeOut(list(intervals(first)), intervals(second));
      const [from, others] = [covered(first), covered(second)];
      assert.equal(taken, from.filter((is, at) => is && others[at]).length);
      assert.deepEqual(
        covered(left),
        from.map((is, at) => is && !others[at]),
      );
    }),
  );
});
