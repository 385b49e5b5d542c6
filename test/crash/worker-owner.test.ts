import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

/** A worker owns the tracer; the main thread is told when it has recorded, and ends it. */
const program = (record: string, end: string) => `
if (isMainThread) {
  const worker = new Worker(self);
  worker.on('message', () => { ${end} });
} else {
  ${record}
  parentPort.postMessage('recorded');
  setInterval(() => {}, 1000);
}`;

const ENDS = [
  ['its worker is terminated', 'worker.terminate();'],
  ['the main thread exits', 'process.exit(0);'],
] as const;

const RECORD = "for (let i = 0; i < 100; i++) tracer.instant('event');";

describe('a tracer that a worker owns has in its file', () => {
  for (const [when, end] of ENDS) {
    test(`all up to the last flush when ${when}, with the spans that were open`, async () => {
      const run = await runProgram(
        program(
          `const tracer = new Tracer('trace.json').start();
  const span = tracer.span('open');
  ${RECORD}
  await tracer.flush();`,
          end,
        ),
      );
      assert.equal(run.code, 0);
      assert.deepEqual(countEvents(run.text), { 'i event': 100, 'B open': 1 });
      assert.deepEqual(problems(run.text), []);
    });

    for (const writer of ['thread', 'inline']) {
      test(`everything when ${when}, with flushInterval 0 and writer ${writer}`, async () => {
        const options = `{ flushInterval: 0, writer: '${writer}' }`;
        const record = `const tracer = new Tracer('trace.json', ${options}).start(); ${RECORD}`;
        const run = await runProgram(program(record, end));
        assert.equal(run.code, 0);
        assert.deepEqual(countEvents(run.text), { 'i event': 100 });
        assert.deepEqual(problems(run.text), []);
      });
    }

    test(`nothing broken when ${when} at any moment`, async () => {
      const run = await runProgram(
        program(`const tracer = new Tracer('trace.json').start(); ${RECORD}`, end),
      );
      assert.equal(run.code, 0);
      assert.ok([0, 100].includes(countEvents(run.text)['i event'] ?? 0));
      assert.deepEqual(problems(run.text), []);
    });
  }
});
