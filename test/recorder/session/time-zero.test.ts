import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '#src/recorder/session/time-zero.js';

test('a wall-clock time is written as ISO 8601, like Date does, with microseconds', () => {
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000000Z');
  assert.equal(isoTime(1_709_210_096_789_012), '2024-02-29T12:34:56.789012Z');
  // Beyond, microseconds are no whole numbers any more.
  const latest = Date.UTC(2250, 0, 1);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: latest }), fc.nat(999), (ms, us) => {
      const expected = new Date(ms).toISOString().replace('Z', `${String(us).padStart(3, '0')}Z`);
      assert.equal(isoTime(ms * 1000 + us), expected);
    }),
    { numRuns: 2000 },
  );
});
