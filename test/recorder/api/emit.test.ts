import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TraceEvent } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';

const emitted = async (event: object) => {
  const trace = await recordTrace({ writer: 'inline' }, (tracer) =>
    tracer.emit(event as TraceEvent),
  );
  return { ...trace, events: trace.events.filter(({ ph }) => ph !== 'M') };
};

describe('emit() fills in what viewers need', () => {
  const cases: readonly [string, object, object][] = [
    ['a scope', { ph: 'i', name: 'x' }, { s: 't' }],
    ['a scope of the older spelling', { ph: 'I', name: 'x' }, { s: 't' }],
    ['arguments for none', { ph: 'X', name: 'x', dur: 1 }, { args: {} }],
    ['a duration', { ph: 'X', name: 'x' }, { dur: 0 }],
    ['an object for arguments that are an array', { ph: 'X', name: 'x', dur: 1, args: [5] }, {}],
    ['an object for arguments that are a date', { ph: 'X', name: 'x', args: new Date(0) }, {}],
    ['an object for arguments that are a set', { ph: 'X', name: 'x', args: new Set([1]) }, {}],
  ];
  for (const [what, event, expected] of cases) {
    test(what, async () => {
      const { text, events } = await emitted(event);
      assert.deepEqual(checkTrace(text), []);
      assert.equal(events.length, 1);
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual((events[0] as unknown as Record<string, unknown>)[key], value);
      }
    });
  }
});

describe('emit() refuses what would break the file for a viewer', () => {
  const refused: readonly [string, object][] = [
    ['a counter that is not finite', { ph: 'C', name: 'x', args: { a: Number.NaN } }],
    ['a counter of text', { ph: 'C', name: 'x', args: { a: 'b' } }],
    ['a counter without values', { ph: 'C', name: 'x' }],
    ['an async event without an id', { ph: 'b', name: 'x' }],
    ['an async event without a name', { ph: 'b', name: '', id: 1 }],
    ['an async event whose id is NaN', { ph: 'b', name: 'x', id: Number.NaN }],
    ['an async event whose id is an object', { ph: 'e', name: 'x', id: {} }],
    ['a flow without an id', { ph: 's', name: 'x' }],
    ['a flow whose id is no number to Perfetto', { ph: 's', name: 'x', id: 'job' }],
    ['an instant of a scope that there is not', { ph: 'i', name: 'x', s: 'everywhere' }],
    ['a negative time', { ph: 'X', name: 'x', ts: -1 }],
    ['a duration that is no number', { ph: 'X', name: 'x', dur: '5' }],
    ['a tid that is no integer', { ph: 'X', name: 'x', tid: 1.5 }],
    ['a pid beyond 32 bits', { ph: 'X', name: 'x', pid: 2 ** 32 }],
    ['a flow whose id has more digits than 64 bits', { ph: 's', name: 'x', id: '1'.repeat(17) }],
    ['an async event with two ids', { ph: 'b', name: 'x', id: 1, id2: { local: '1' } }],
    ['a time beyond what viewers count', { ph: 'X', name: 'x', ts: 5e15 }],
    ['labels that are no text', { ph: 'M', name: 'process_labels', args: { labels: 5 } }],
    ['a process name without its text', { ph: 'M', name: 'process_name' }],
    ['a phase that no viewer knows', { ph: 'G', name: 'x' }],
    ['a phase of two letters', { ph: 'XX', name: 'x' }],
    ['a name that is no text', { ph: 'X', name: 5 }],
  ];
  for (const [what, event] of refused) {
    test(what, async () => {
      const { stats, events, text } = await emitted(event);
      assert.equal(stats.invalid, 1);
      assert.deepEqual(events, []);
      assert.deepEqual(checkTrace(text), []);
    });
  }
});
