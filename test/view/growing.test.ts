import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Growing } from '#src/view/load/growing.js';

test('a hundred thousand lists of a few numbers take little memory', () => {
  const before = process.memoryUsage().arrayBuffers;
  const lists = Array.from({ length: 100_000 }, () => new Growing(Float64Array, Number.NaN));
  for (const list of lists) list.set(1, 5);
  const bytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(bytes < 100_000_000, `${bytes} bytes`);
  assert.ok(lists.every((list) => list.count === 2 && Number.isNaN(list.get(0))));
});
