import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { event, summaryOf, X } from '../read.js';

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

  test('of too many processes, the busiest are listed, and the others counted', async () => {
    const pids = Array.from({ length: 3000 }, (_, i) => 1 + ((i * 7919) % 3000));
    const sliced = await summaryOf(pids.map((pid) => X('work', 0, pid, { pid, tid: pid })));
    assert.deepEqual(
      sliced.processes.map(({ pid }) => pid),
      Array.from({ length: 1000 }, (_, i) => 3000 - i),
    );
    assert.equal(sliced.processesLeftOut, 2000);
    const operations = pids.flatMap((pid) => [
      event('b', 'work', 0, { pid, id: pid }),
      event('e', 'work', pid, { pid, id: pid }),
    ]);
    const { operations: listed, operationsLeftOut } = await summaryOf(operations);
    assert.deepEqual([listed.length, operationsLeftOut], [1000, 2000]);
    assert.ok(listed.every(({ activity }) => activity.length > 0));
  });

  test('that are as busy as each other stand in the order of their numbers', async () => {
    const ids = [9, 10, 'b', 'a', 2];
    const { threads, processes } = await summaryOf(
      ids.map((pid) => X('w', 0, 1, { pid, tid: pid })),
    );
    assert.deepEqual(
      threads.map(({ tid }) => tid),
      [2, 9, 10, 'a', 'b'],
    );
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      [2, 9, 10, 'a', 'b'],
    );
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
