import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { runProgram } from '../run-program.js';

/** Ten million take a minute each: `TRACELANE_LONG=1` asks for them. */
const COUNT = repetitions(600_000, { quick: 400_000, long: 10_000_000 });
/** MiB: V8 itself takes some for objects of ever new shapes, with or without a tracer. */
const ALLOWED = 96;
/** All tables are full by then. */
const SETTLED = 300_000;

describe(`${COUNT.toLocaleString('en')} different ones take up no more memory than the first`, () => {
  for (const [what, record] of [
    ['names', `tracer.span('name ' + i).end()`],
    ['categories', `tracer.span('name', 'category ' + i).end()`],
    ['keys of arguments', `tracer.instant('name', 'c', { ['key ' + i]: i })`],
    ['ids of async operations', `tracer.asyncEnd(tracer.asyncBegin('name', 'id ' + i))`],
    ['ids of flows', `tracer.flowEnd(tracer.flowStart('name', 'id ' + i))`],
    ['names of counters', `tracer.counter('counter ' + i, i)`],
  ] as const) {
    test(what, async () => {
      const run = await runProgram(
        `const tracer = new Tracer('trace.json').start();
const memory = () => { globalThis.gc(); return process.memoryUsage().rss / 2 ** 20; };
let settled = 0;
for (let i = 0; i < ${COUNT}; i++) {
  ${record};
  if (i % 10_000 === 0) await tracer.flush();
  if (i <= ${SETTLED} && i % 50_000 === 0) settled = Math.max(settled, memory());
}
await tracer.flush();
const growth = memory() - settled;
const { dropped, lost, unmatchedEnds } = await tracer.stop();
console.log(JSON.stringify({ growth, faults: dropped + lost + unmatchedEnds }));
// What it recorded is not looked at here, and large.
(await import('node:fs')).writeFileSync('trace.json', '[]');`,
        { nodeArgs: ['--expose-gc'] },
      );
      assert.equal(run.stderr, '');
      const { growth, faults } = JSON.parse(run.stdout) as Record<string, number>;
      assert.equal(faults, 0);
      assert.ok(Number(growth) < ALLOWED, `${growth} MiB more`);
    });
  }
});
