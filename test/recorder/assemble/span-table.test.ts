import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SpanTable } from '#src/recorder/assemble/span-table.js';

const spanOf = (beginNumber: number) => ({ beginNumber });
type Span = ReturnType<typeof spanOf>;

describe('the table of open spans', () => {
  test('holds what a Map would hold, whatever comes and leaves', () => {
    const step = fc.record({
      adds: fc.boolean(),
      // Numbers that fall on the same places, that are negative, as they go round, and any others.
      number: fc.oneof(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: -3, max: 3 }).map((n) => 16 * n + 5),
        fc.integer(),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new SpanTable<Span>();
        const truth = new Map<number, Span>();
        for (const { adds, number } of steps) {
          if (adds) {
            const span = spanOf(number);
            table.add(span);
            truth.set(number, span);
          } else assert.equal(table.delete(number), truth.delete(number));
          assert.equal(table.get(number), truth.get(number));
          assert.equal(table.size, truth.size);
        }
        for (const [number, span] of truth) assert.equal(table.get(number), span);
        const all = [...table.values()].sort((a, b) => a.beginNumber - b.beginNumber);
        assert.deepEqual(
          all.map(({ beginNumber }) => beginNumber),
          [...truth.keys()].sort((a, b) => a - b),
        );
      }),
      { numRuns: 500 },
    );
  });
});
