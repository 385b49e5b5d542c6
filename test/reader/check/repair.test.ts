import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { repetitions } from '../../effort.js';
import { B, E, repairer, times, X } from '../read.js';

const repair = repairer();
const onOther = { tid: 9 };

/** Calls of one thread that may begin in one moment, and whose ends may be lost. */
const calls = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', ''), fc.nat(2), fc.boolean()), { maxLength: 14 })
  .map((steps) => {
    const events: object[] = [];
    const open: { name: string; ts: number }[] = [];
    let ts = 0;
    for (const [name, wait, isLost] of steps) {
      ts += wait;
      const last = name === '' ? open.pop() : undefined;
      if (last?.ts === ts) ts++;
      if (name !== '') {
        open.push({ name, ts });
        events.push(B(name, ts));
      } else if (last !== undefined && !isLost) events.push(E(last.name, ts));
    }
    return events;
  });

describe('a repair of begins that share a timestamp', () => {
  test('keeps their lengths and their nesting where one of them becomes a complete event', async () => {
    const trace = [B('b', 16), B('a', 16), B('q', 16), E('a', 17), E('b', 22)];
    const { events, errors } = await repair(trace);
    assert.equal(errors, 0);
    assert.deepEqual(await times(trace), { a: [1, 1, 0, 0], b: [1, 6, 5, 0], q: [1, 1, 1, 0] });
    assert.deepEqual(await times(events), await times(trace));
  });

  test('leaves one that never ended without an end', async () => {
    const trace = [
      ...[B('outer', 10), B('inner', 10), B('other', 12, onOther)],
      ...[E('inner', 20), E('other', 22, onOther), X('later', 30, 5)],
    ];
    const { events, errors, done } = await repair(trace);
    assert.equal(errors, 0);
    assert.equal(done['open-begin-made-async'], 1);
    const { outer, ...others } = await times(events);
    assert.deepEqual(outer?.slice(0, 2), [0, 0]);
    assert.equal(outer?.[3], 1);
    const { outer: _, ...expected } = await times(trace);
    assert.deepEqual(others, expected);
  });

  test('changes no time of any', async () => {
    const compare = async (events: readonly object[]) => {
      if (events.length === 0) return;
      const { events: repaired, errors } = await repair(events);
      assert.equal(errors, 0);
      if (repaired.some(({ ph }) => ph === 'b')) return;
      assert.deepEqual(await times(repaired), await times(events));
    };
    await fc.assert(fc.asyncProperty(calls, compare), {
      numRuns: repetitions(500, { quick: 100 }),
    });
  });
});
