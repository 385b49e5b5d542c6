import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SliceHistory } from '#src/recorder/assemble/slice-history.js';

type Slice = readonly [start: number, end: number];

const nests = ([a, b]: Slice, [c, d]: Slice) =>
  b < c || d < a || (a < c && d < b) || (c < a && b < d);

test('a slice is taken if it nests among all others, by a model that remembers everything', () => {
  const slice = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 40 }), (candidates) => {
      const history = new SliceHistory();
      const taken: Slice[] = [];
      const fits = (candidate: Slice) => taken.every((other) => nests(candidate, other));
      for (const [start, length] of candidates) {
        const end = start + length;
        const inserted = history.insert(start, end);
        if (inserted === undefined) assert.ok(!fits([start, end]));
        else {
          assert.ok(Math.abs(inserted.start - start) <= 3 && Math.abs(inserted.end - end) <= 3);
          assert.ok(fits([inserted.start, inserted.end]));
          if (fits([start, end])) assert.deepEqual(inserted, { start, end });
          taken.push([inserted.start, inserted.end]);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('slices that only touch are set apart by a nanosecond', () => {
  const history = new SliceHistory();
  assert.deepEqual(history.insert(10, 20), { start: 10, end: 20 });
  assert.deepEqual(history.insert(20, 30), { start: 21, end: 30 });
  assert.deepEqual(history.insert(10, 30), { start: 9, end: 31 });
});

test('what is older than its memory is refused rather than guessed', () => {
  const history = new SliceHistory();
  for (let i = 1; i <= 5000; i++) history.add(10 * i, 10 * i + 5);
  assert.equal(history.insert(11, 12), undefined);
  assert.ok(history.insert(49_996, 49_999));
  assert.equal(history.insert(49_985, 49_994), undefined);
});
