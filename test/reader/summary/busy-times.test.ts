import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyTimes } from '#src/reader/summary/busy-times.js';

test('busy times of any length come back as they were, thread by thread', () => {
  const times = new BusyTimes();
  const given: (readonly [thread: number, from: number, to: number])[] = [];
  for (let i = 0; i < 20_000; i++) {
    const from = i * 1e10 - 5e9;
    const length = [0, 1, 999, 2 ** 32 - 1, 2 ** 32, 9e9][i % 6] as number;
    given.push([i % 3, from, from + length]);
  }
  for (const [thread, from, to] of given) assert.ok(times.add(thread, from, to));
  const replayed: typeof given = [];
  times.replay((thread, from, to) => replayed.push([thread, from, to]));
  const inOrder = (all: typeof given) => all.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  assert.deepEqual(inOrder(replayed), inOrder(given));
  const threads = replayed.map(([thread]) => thread);
  assert.deepEqual(threads, threads.toSorted());
});
