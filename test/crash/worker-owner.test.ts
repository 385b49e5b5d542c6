import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { repairFile } from '#src/reader/repair/repair.js';
import { repetitions } from '../effort.js';
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

const MOMENTS = repetitions(20, { quick: 8, long: 200 });

const RECORD = "for (let i = 0; i < 100; i++) tracer.instant('event');";

const folder = mkdtempSync(join(tmpdir(), 'worker-owner-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The writer may have been ended in the middle of a write, as by `kill -9`. */
async function mended(text: string): Promise<string> {
  const path = join(folder, 'trace.json');
  writeFileSync(path, text);
  const { result } = await repairFile(path, path);
  assert.equal(result.errors, 0);
  return readFileSync(path, 'utf8');
}

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

    test(`nothing that a repair does not mend when ${when}, at ${MOMENTS} random moments while it records`, async () => {
      for (let moment = 0; moment < MOMENTS; moment++) {
        // The writer's thread may not be up yet; each second time it is.
        const isUp = moment % 2 === 1;
        const run = await runProgram(
          program(
            `const tracer = new Tracer('trace.json', { flushInterval: 5 }).start();
  let i = 0;
  const record = () => { for (let n = 0; n < 100; n++) tracer.span('span', 'c', { i: i++ }).end(); };
  record();
  ${isUp ? 'await tracer.flush();' : ''}
  setInterval(record);`,
            `setTimeout(() => { ${end} }, ${Math.random() * 60});`,
          ),
        );
        assert.equal(run.code, 0);
        const text = await mended(run.text);
        assert.deepEqual(problems(text), []);
        const events = JSON.parse(text) as { ph: string; args: { i: number } }[];
        const numbers = events.filter(({ ph }) => ph === 'X').map(({ args }) => args.i);
        assert.deepEqual(numbers, [...numbers.keys()], 'they are there from the first on');
        if (isUp) assert.ok(numbers.length >= 100, 'what was flushed is there');
      }
    });
  }
});
