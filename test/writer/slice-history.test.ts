import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SliceHistory } from '#dist/writer/slice-history.js';

type Slice = readonly [start: number, end: number];

const nests = ([a, b]: Slice, [c, d]: Slice) =>
  b <= c || d <= a || (a <= c && d <= b) || (c <= a && b <= d);

test('a slice is taken if it nests among all others, by a model that remembers everything', () => {
  const slice = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 40 }), (candidates) => {
      const history = new SliceHistory();
      const taken: Slice[] = [];
      for (const [start, length] of candidates) {
        const candidate = [start, start + length] as const;
        const expected = taken.every((other) => nests(candidate, other));
        assert.equal(history.insert(...candidate), expected);
        if (expected) taken.push(candidate);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what is older than its memory is refused rather than guessed', () => {
  const history = new SliceHistory();
  for (let i = 1; i <= 5000; i++) history.add(10 * i, 10 * i + 5);
  assert.equal(history.insert(11, 12), false);
  assert.equal(history.insert(49_996, 49_999), true);
  assert.equal(history.insert(49_991, 49_996), false);
});
