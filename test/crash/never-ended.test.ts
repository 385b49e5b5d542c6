import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { runProgram } from '../run-program.js';

const SPANS = repetitions(400_000, { quick: 300_000, long: 1_000_000 });
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
  for (const [what, begin] of ROWS.slice(0, repetitions(ROWS.length, { quick: 3 }))) {
    test(`take up no more memory than the first ${SETTLED}, and are shown: ${what}`, async () => {
      const run = await runProgram(
        `const tracer = new Tracer('trace.json').start();
const memory = () => { globalThis.gc(); return process.memoryUsage().rss / 2 ** 20; };
let settled = 0;
for (let i = 0; i < ${SPANS}; i++) {
  ${begin};
  if (i % 10_000 === 0) await tracer.flush();
  if (i <= ${SETTLED} && i % 50_000 === 0) settled = Math.max(settled, memory());
}
const end = memory();
const stats = await tracer.stop();
console.log(JSON.stringify({ growth: end - settled, ...stats }));`,
        { nodeArgs: ['--expose-gc'] },
      );
      const { growth, events, dropped, lost } = JSON.parse(run.stdout) as Record<string, number>;
      assert.deepEqual([events, dropped, lost], [SPANS, 0, 0]);
      assert.ok(Number(growth) < 64, `${growth} MiB more`);
      const shown = run.text.match(/"ph":"[Bbs]"/g)?.length;
      assert.equal(shown, SPANS);
      assert.ok(run.text.endsWith('}\n]\n'));
    });
  }
});
