import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Durations } from '#src/reader/summary/durations.js';

const PARTS = [0.5, 0.95, 0.99, 1];

function durationsOf(values: readonly number[]): Durations {
  const durations = new Durations();
  for (const value of values) durations.add(value);
  return durations;
}

/** The nearest rank. */
function exact(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1] ?? 0;
}

describe('durations', () => {
  test('have exact quantiles while they are few', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const durations = durationsOf(values);
        for (const part of PARTS) assert.equal(durations.quantile(part), exact(values, part));
        assert.equal(durations.max, Math.max(...values));
        assert.equal(durations.count, values.length);
      }),
    );
  });

  test('have quantiles within half a percent when they are many, and exact sums', () => {
    const values = Array.from({ length: 50_000 }, (_, i) => (i * i * 7919) % 1_000_003);
    const durations = durationsOf(values);
    for (const part of PARTS) {
      const expected = exact(values, part);
      assert.ok(Math.abs(durations.quantile(part) - expected) <= 0.0051 * expected + 1);
    }
    assert.equal(
      durations.total,
      values.reduce((sum, value) => sum + value, 0),
    );
  });

  test('of no length at all are counted, too', () => {
    const durations = durationsOf(new Array(20_000).fill(0));
    assert.deepEqual(
      PARTS.map((part) => durations.quantile(part)),
      [0, 0, 0, 0],
    );
  });
});
