import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { growthOf, WRITERS } from './growth.js';

/** Ten million take a minute each: `TRACELANE_LONG=1` asks for them. */
const COUNT = repetitions(600_000, { quick: 300_000, long: 10_000_000 });
const SETTLED = 150_000;

describe(`${COUNT.toLocaleString('en')} different ones take up no more memory than the first`, () => {
  for (const [what, record] of [
    ['names', `tracer.span('name ' + i).end()`],
    ['categories', `tracer.span('name', 'category ' + i).end()`],
    ['keys of arguments', `tracer.instant('name', 'c', { ['key ' + i]: i })`],
    ['ids of async operations', `tracer.asyncEnd(tracer.asyncBegin('name', 'id ' + i))`],
    ['ids of flows', `tracer.flowEnd(tracer.flowStart('name', 'id ' + i))`],
    ['names of counters', `tracer.counter('counter ' + i, i)`],
  ] as const) {
    for (const writer of WRITERS) {
      test(`${what} (writer: ${writer})`, async () => {
        // What it recorded is not looked at here, and large.
        const after = `(await import('node:fs')).writeFileSync('trace.json', '[]');`;
        const course = { record, count: COUNT, settled: SETTLED, writer, after };
        const { run, stats, growth, allowed } = await growthOf(course);
        assert.equal(run.stderr, '');
        const { dropped, lost, unmatchedEnds } = stats;
        assert.deepEqual([dropped, lost, unmatchedEnds], [0, 0, 0]);
        assert.ok(growth < allowed, `${growth} MiB more`);
      });
    }
  }
});
