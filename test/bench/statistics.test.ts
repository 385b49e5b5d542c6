import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, showSpread, spread } from '../../bench/statistics.js';

describe('the statistics of the benchmark', () => {
  test('the median is the value in the middle, of an even number the mean of the two', () => {
    assert.equal(median([3]), 3);
    assert.equal(median([10, 9, 100]), 10);
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });

  test('what was not measured has no median, and no bar that could hold', () => {
    assert.ok(Number.isNaN(median([])));
    assert.deepEqual(spread([], 0.1), { low: Number.NaN, median: Number.NaN, high: Number.NaN });
  });

  test('p10 and p90 leave out a tenth at either end', () => {
    const values = Array.from({ length: 11 }, (_, i) => 10 * i).reverse();
    assert.deepEqual(spread(values, 0.1), { low: 10, median: 50, high: 90 });
  });

  test('a quantile between two values is as near to each as its place', () => {
    assert.deepEqual(spread([0, 100], 0.1), { low: 10, median: 50, high: 90 });
  });

  test('leaving out nothing gives the least and the most', () => {
    assert.deepEqual(spread([2, 9, 4], 0), { low: 2, median: 4, high: 9 });
  });

  test('values are ordered as numbers, and left as they were', () => {
    const values = [100, 9, 10];
    assert.deepEqual(spread(values, 0), { low: 9, median: 10, high: 100 });
    assert.deepEqual(values, [100, 9, 10]);
  });

  test('a few batches that were disturbed move neither the median nor p90', () => {
    const quiet = Array.from({ length: 95 }, () => 1.1);
    assert.deepEqual(spread([...quiet, 3, 30, 300, 0.01, 0.02], 0.1), {
      low: 1.1,
      median: 1.1,
      high: 1.1,
    });
  });

  test('a spread is shown unless both ends look the same', () => {
    const number = (value: number) => value.toFixed(1);
    assert.equal(showSpread({ low: 1, median: 1.1, high: 1.4 }, number), '1.1 (1.0–1.4)');
    assert.equal(showSpread({ low: 1.01, median: 1.02, high: 1.03 }, number), '1.0');
  });
});
