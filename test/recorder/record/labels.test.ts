import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../model/generate.js';
import { InMemory } from '../writer/in-memory.js';

const NAMES = ['a', 'b', 'ab', 'cd', 'a'.repeat(9), 'name of nine', 'ä', ''];
const CATEGORIES = ['x', 'y', '', undefined, 'ab', 'z'.repeat(9)];
const SPANS = 2000;

test('events have the name and the category that they were given, in whatever order these come', () => {
  const memory = new InMemory(64);
  let thread = memory.thread(1);
  const random = new Random(1);
  const expected = Array.from({ length: SPANS }, () => {
    if (random.chance(1)) {
      thread.close();
      thread = memory.thread(1);
    }
    const name = NAMES[random.below(NAMES.length)] as string;
    const category = CATEGORIES[random.below(CATEGORIES.length)];
    thread.instant(name, category, undefined, 0);
    memory.writer.flush();
    return [name || '(unnamed)', category || 'default'];
  });
  memory.writer.finish();
  const events = JSON.parse(memory.text) as { ph: string; name: string; cat: string }[];
  const instants = events.filter(({ ph }) => ph === 'i');
  assert.deepEqual(
    instants.map(({ name, cat }) => [name, cat]),
    expected,
  );
});
