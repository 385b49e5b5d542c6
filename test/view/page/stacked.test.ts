import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stacked } from '#src/view/page/picture/prepared.js';

const tops = (...values: number[][]) =>
  stacked({
    track: 0,
    times: Float64Array.from(values[0] ?? [], (_, at) => at),
    values: values.map((series) => Float64Array.from(series)),
  }).map((series) => Array.from(series));

describe('the areas of a counter with several series', () => {
  test('stand on each other', () => {
    assert.deepEqual(tops([1, 2], [10, 0], [100, 5]), [
      [1, 2],
      [11, 2],
      [111, 7],
    ]);
  });

  test('are as high as their values also where some are below zero', () => {
    assert.deepEqual(tops([-2, 4], [3, -1], [-5, -6]), [
      [-2, 4],
      [3, -1],
      [-7, -7],
    ]);
  });
});
