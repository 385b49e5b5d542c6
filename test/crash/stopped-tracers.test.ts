import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { countEvents, runProgram } from '../run-program.js';

const ROUNDS = repetitions(40, { long: 200 });
const EVENTS = 60_000;
/** Of the 1 to 5 MiB that each round would leave. */
const MAX_GROWTH_MIB = 40;

describe(`${ROUNDS} tracers one after the other, each with ${EVENTS} events, leave no memory behind`, () => {
  for (const writer of ['thread', 'inline']) {
    for (const [how, stop] of [
      ['stop()', 'await tracer.stop();'],
      ['stopSync()', 'tracer.stopSync(); await new Promise(setImmediate);'],
      ['stopSync() without coming back to the event loop', 'tracer.stopSync();'],
    ] as const) {
      test(`writer ${writer}, ${how}`, async () => {
        const run = await runProgram(`
const { readdirSync } = await import('node:fs');
const mebibytes = () => process.memoryUsage().rss / 2 ** 20;
let early = 0;
for (let round = 0; round < ${ROUNDS}; round++) {
  const tracer = new Tracer('trace.json', { writer: '${writer}' }).start();
  setGlobalTracer(tracer);
  for (let i = 0; i < ${EVENTS}; i++) tracer.instant('event');
  ${stop}
  if (round < ${ROUNDS / 4}) early = Math.max(early, mebibytes());
}
const growth = mebibytes() - early;
await new Promise((resolve) => setTimeout(resolve, 100));
const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
console.log(JSON.stringify({ growth, descriptors }));
`);
        const { growth, descriptors } = JSON.parse(run.stdout) as Record<string, number>;
        assert.ok(growth < MAX_GROWTH_MIB, `${growth} MiB more`);
        assert.ok(descriptors < 40, `${descriptors} open files`);
      });
    }
  }
});

test('tracers that cannot start leave no memory behind', async (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux says how many addresses are taken');
  const run = await runProgram(`
const { readFileSync } = await import('node:fs');
const gibibytes = () => readFileSync('/proc/self/statm', 'utf8').split(' ')[0] * 4096 / 2 ** 30;
const before = gibibytes();
for (let i = 0; i < 500; i++) {
  try { new Tracer('/dev/null/trace.json').start(); } catch ({ code }) { if (i === 0) console.log(code); }
  if (i % 50 === 0) await new Promise(setImmediate);
}
console.log(gibibytes() - before < 3);
const tracer = new Tracer('trace.json');
tracer.handle();
tracer.start().instant('event');
await tracer.stop();
`);
  assert.equal(run.stdout, 'TRACELANE_CANNOT_OPEN\ntrue\n');
  assert.deepEqual(countEvents(run.text), { 'i event': 1 });
});
