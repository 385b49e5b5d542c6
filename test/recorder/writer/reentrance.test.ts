import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER_UNMATCHED } from '#src/recorder/arena/layout.js';
import { checkTrace } from '../../viewers/checker.js';
import { InMemory } from './in-memory.js';

test('spans that a getter among the arguments begins come before the one that it belongs to', () => {
  const memory = new InMemory(4);
  const recorder = memory.thread(1);
  let inner = 0;
  const outer = recorder.begin('outer', 'c', {
    get value() {
      inner = recorder.begin('inner', 'c', { a: 1 });
      return 1;
    },
  });
  recorder.end(inner, undefined);
  recorder.end(outer, undefined);
  memory.writer.finish();
  assert.deepEqual(checkTrace(memory.text), []);
  assert.equal(memory.arena.counters[COUNTER_UNMATCHED], 0n);
  assert.deepEqual(memory.events.map(({ ph, name }) => `${ph} ${name}`).sort(), [
    'X outer',
    'b inner',
    'e inner',
  ]);
});
