import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CHUNK_HEADER_BYTES,
  CHUNK_STATE_BITS,
  CHUNK_WRITING,
  CONTROL_BYTES,
  HEADER_STATE,
  HEADER_TASK,
} from '#src/recorder/arena/layout.js';
import { repetitions } from '../effort.js';
import { countEvents, runProgram } from '../run-program.js';

const CHUNK = 64 * 1024;
const WORKERS = repetitions(60, { long: 10_000 });
const EVENTS = 10;

/** A worker of the manager's records, and is terminated in a loop that never ends. */
const RECORD = `
  for (let i = 0; i < ${EVENTS}; i++) tracer.instant('work');
  parentPort.postMessage('recorded');
  for (;;);`;

/** Starts workers, two at a time, and knows nothing of tracing. */
const MANAGE = (data: string) => `
import { Worker, workerData } from 'node:worker_threads';
let left = ${WORKERS};
let running = 0;
const next = () => {
  while (running < 2 && left > 0) {
    left--;
    running++;
    const worker = new Worker(new URL(workerData.self), { workerData: ${data} });
    worker.on('message', () => worker.terminate());
    worker.on('exit', () => { running--; next(); });
  }
};
next();`;

/** The system tells which threads are there, on Linux only. */
const skip = process.platform !== 'linux';

describe('workers that the tracer did not see start, and that are terminated, leave nothing', () => {
  for (const overflow of ['block', 'drop']) {
    test(`of a few chunks: those of a manager that does not record, overflow ${overflow}`, {
      skip,
    }, async () => {
      const manager = `data:text/javascript,${encodeURIComponent(MANAGE("'child'"))}`;
      const run = await runProgram(`
if (isMainThread) {
  const tracer = new Tracer('trace.json', { bufferSize: ${overflow === 'drop' ? 16 : 4} * ${CHUNK}, overflow: '${overflow}' }).start();
  setGlobalTracer(tracer);
  // Node cannot see that this thread starts threads that record.
  const manager = new Worker(new URL(${JSON.stringify(manager)}), { workerData: { self: self.href } });
  await new Promise((resolve) => manager.on('exit', resolve));
  console.log(JSON.stringify(await tracer.stop()));
} else {
  const tracer = getGlobalTracer();
  ${RECORD}
}`);
      const { dropped, events } = JSON.parse(run.stdout) as Record<string, number>;
      assert.deepEqual({ dropped, events }, { dropped: 0, events: WORKERS * EVENTS });
      assert.deepEqual(countEvents(run.text), { 'i work': WORKERS * EVENTS });
    });
  }

  test('of four chunks: those that were connected by a handle', { skip }, async () => {
    const manager = `data:text/javascript,${encodeURIComponent(MANAGE('workerData.handle'))}`;
    const run = await runProgram(`
if (isMainThread) {
  const tracer = new Tracer('trace.json', { bufferSize: 4 * ${CHUNK} }).start();
  const data = { self: self.href, handle: tracer.handle() };
  const manager = new Worker(new URL(${JSON.stringify(manager)}), { workerData: data });
  await new Promise((resolve) => manager.on('exit', resolve));
  console.log(JSON.stringify(await tracer.stop()));
} else {
  const tracer = Tracer.connect(workerData);
  ${RECORD}
}`);
    const { dropped, events } = JSON.parse(run.stdout) as Record<string, number>;
    assert.deepEqual({ dropped, events }, { dropped: 0, events: WORKERS * EVENTS });
    assert.deepEqual(countEvents(run.text), { 'i work': WORKERS * EVENTS });
  });
});

test('a thread that is ended between its claim and its first record leaves its chunk to others', {
  skip,
}, async () => {
  // What a claim stores, in all chunks there are, by a thread that then ends.
  const claim = `
  const { readlinkSync } = await import('node:fs');
  const task = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const int32 = new Int32Array(workerData);
  for (const chunk of [0, 1]) {
    const header = ${CONTROL_BYTES / 4} + chunk * ${CHUNK_HEADER_BYTES / 4};
    int32[header + ${HEADER_TASK}] = task;
    int32[header + ${HEADER_STATE}] = (77 << ${CHUNK_STATE_BITS}) | ${CHUNK_WRITING};
  }`;
  const run = await runProgram(`
if (isMainThread) {
  const tracer = new Tracer('trace.json', { bufferSize: 2 * ${CHUNK} }).start();
  const claimer = new Worker(self, { workerData: tracer.handle().memory });
  await new Promise((resolve) => claimer.on('exit', resolve));
  for (let i = 0; i < 100; i++) tracer.instant('after');
  console.log((await tracer.stop()).dropped);
} else {
  ${claim}
}`);
  assert.equal(run.stdout, '0\n');
  assert.deepEqual(countEvents(run.text), { 'i after': 100 });
});
