import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '#src/view/wire/bytes.js';
import { checkQuestion } from '#src/view/wire/check-question.js';
import type { Question } from '#src/view/wire/questions.js';

test('numbers and texts come back as they were written', () => {
  const values = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('whole'), value: fc.maxSafeNat() }),
      fc.record({ kind: fc.constant('signed'), value: fc.integer({ min: -(2 ** 31) }) }),
      fc.record({ kind: fc.constant('number'), value: fc.double() }),
      fc.record({ kind: fc.constant('text'), value: fc.string({ unit: 'binary' }) }),
    ),
  );
  fc.assert(
    fc.property(values, (all) => {
      const writer = new ByteWriter();
      for (const { kind, value } of all) {
        if (typeof value === 'string') writer.text(value);
        else if (kind === 'whole') writer.whole(value);
        else if (kind === 'signed') writer.signed(value);
        else writer.number(value);
      }
      const reader = new ByteReader(writer.bytes);
      for (const { kind, value } of all) {
        const read = reader[kind as 'whole' | 'signed' | 'number' | 'text']();
        assert.deepEqual(read, value);
      }
      assert.throws(() => reader.whole(), /cut off/);
    }),
  );
});

describe('a question', () => {
  const range = { from: 0, to: 10 };
  const known: Question[] = [
    { ask: 'trace' },
    { ask: 'requests' },
    { ask: 'draw', ...range, pixels: 5, tracks: [1, 2], belongingTo: undefined },
    { ask: 'draw', ...range, pixels: 16_384, tracks: [], belongingTo: 3 },
    { ask: 'slice', slice: 0 },
    { ask: 'step', slice: 1, by: 'lane', forward: true },
    { ask: 'list', ...range, tracks: [0], limit: 10 },
    { ask: 'statistics', ...range, tracks: undefined },
    { ask: 'flame', ...range, tracks: [4], direction: 'up' },
    { ask: 'find', text: 'dur>1ms', limit: 1 },
  ];
  for (const question of known) {
    test(`is taken as it is: ${JSON.stringify(question)}`, () => {
      assert.deepEqual(checkQuestion(question), question);
      const sent = JSON.parse(JSON.stringify({ ...question, stranger: '__proto__' }));
      assert.deepEqual(checkQuestion(sent), question);
    });
  }

  const draw = { ask: 'draw', ...range, pixels: 5, tracks: [1] };
  const refused: unknown[] = [
    null,
    'trace',
    {},
    { ask: 'toString' },
    { ask: ['trace'] },
    { ...draw, pixels: 0 },
    { ...draw, pixels: 16_385 },
    { ...draw, pixels: 1.5 },
    { ...draw, from: 10 },
    { ...draw, to: null },
    { ...draw, to: 1e300 },
    { ...draw, tracks: 1 },
    { ...draw, tracks: [-1] },
    { ...draw, tracks: ['1'] },
    { ...draw, tracks: new Array(200_001).fill(0) },
    { ...draw, belongingTo: -1 },
    { ask: 'slice', slice: 2 ** 32 },
    { ask: 'slice', slice: '0' },
    { ask: 'step', slice: 0, by: 'track', forward: true },
    { ask: 'list', ...range, tracks: [0], limit: 10_001 },
    { ask: 'flame', ...range, direction: 'sideways' },
    { ask: 'find', text: 'x'.repeat(1001), limit: 1 },
    { ask: 'find', text: 7, limit: 1 },
  ];
  for (const question of refused) {
    test(`is refused: ${JSON.stringify(question)?.slice(0, 60)}`, () => {
      assert.throws(() => checkQuestion(question), { code: 'TRACELANE_BAD_QUESTION' });
    });
  }
});
