import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summaryOf, X } from '../read.js';

describe('threads in a summary', () => {
  test('of too many, the busiest are listed, and the others counted', async () => {
    const events = Array.from({ length: 5000 }, (_, i) => {
      // In no order, each as long as no other.
      const dur = 1 + ((i * 7919) % 5000);
      return X('work', 0, dur, { tid: 1 + i, pid: 1 + (i % 2) });
    });
    const { threads, threadsLeftOut, processes } = await summaryOf(events);
    assert.deepEqual(
      threads.map(({ busy }) => busy / 1000),
      Array.from({ length: 1000 }, (_, i) => 5000 - i),
    );
    assert.equal(threadsLeftOut, 4000);
    assert.deepEqual(
      processes.map((process) => process.threads),
      [2500, 2500],
    );
    const total = processes.reduce((sum, { busy }) => sum + busy, 0);
    assert.equal(total / 1000, (5000 * 5001) / 2);
  });

  test('of few, all are listed', async () => {
    const events = [X('work', 0, 2, { tid: 1 }), X('work', 0, 5, { tid: 2 })];
    const { threads, threadsLeftOut } = await summaryOf(events);
    assert.deepEqual(
      threads.map(({ tid, busy }) => [tid, busy / 1000]),
      [
        [2, 5],
        [1, 2],
      ],
    );
    assert.equal(threadsLeftOut, 0);
  });
});
