import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena } from '#src/recorder/arena/arena.js';

test('the views of an arena have lengths of their own, and do not follow that of its memory', () => {
  // V8 stores into those that follow it several times as slowly, and Buffer.from() makes such from Node
  // 26 on.
  const { byteLength } = Arena.allocate(1 << 20, [1, 2], 1).memory;
  const memory = new SharedArrayBuffer(byteLength, { maxByteLength: 2 * byteLength });
  const { int32, float64, bytes, counters } = new Arena(memory);
  const lengths = () => [int32, float64, bytes, counters].map((view) => view.length);
  const before = lengths();
  (memory as SharedArrayBuffer & { grow(length: number): void }).grow(2 * byteLength);
  assert.deepEqual(lengths(), before);
});
