import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { growthOf, WRITERS } from './growth.js';

const SPANS = repetitions(400_000, { quick: 350_000, long: 1_000_000 });
/** What the writer keeps may grow no more once so many spans are open. */
const SETTLED = 250_000;

/** What grows most, where there is no bound, comes first. */
const ROWS = [
  ['async operations, each of another name and id', `tracer.asyncBegin('never ' + i, 'id ' + i)`],
  ['async operations, all of one id', `tracer.asyncBegin('never ' + i, 'id')`],
  ['spans, each of another name', `tracer.beginSpan('never ' + i)`],
  ['flows, each of another name and id', `tracer.flowStart('never ' + i, 'id ' + i)`],
  ['spans', `tracer.beginSpan('never ' + (i % 100), 'c', i % 10 === 0 ? { i } : undefined)`],
  ['async operations', `tracer.asyncBegin('never', i % 2 === 0 ? i : undefined)`],
  ['flows', `tracer.flowStart('never')`],
  ['async operations, each of another name', `tracer.asyncBegin('never ' + i)`],
] as const;

describe('hundreds of thousands of operations that are begun and never ended', () => {
  for (const [what, record] of ROWS.slice(0, repetitions(ROWS.length, { quick: 3 }))) {
    for (const writer of WRITERS) {
      const name = `take up no more memory than the first ${SETTLED}, and are shown: ${what}`;
      test(`${name} (writer: ${writer})`, async () => {
        const course = { record, count: SPANS, settled: SETTLED, writer };
        const { run, stats, growth, allowed } = await growthOf(course);
        const { events, dropped, lost } = stats;
        assert.deepEqual([events, dropped, lost], [SPANS, 0, 0]);
        assert.ok(growth < allowed, `${growth} MiB more`);
        const shown = run.text.match(/"ph":"[Bbs]"/g)?.length;
        assert.equal(shown, SPANS);
        assert.ok(run.text.endsWith('}\n]\n'));
      });
    }
  }
});
