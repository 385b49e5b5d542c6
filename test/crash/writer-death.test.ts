import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { countEvents, problems, runProgram } from '../run-program.js';
import { CATCH_WRITER } from './harm.js';

const MOMENTS = repetitions(20, { quick: 8 });
const THREADS = 2;
const PER_THREAD = 15_000;

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly args: Readonly<Record<string, number>>;
}

describe('a writer thread that is ended from outside', () => {
  test(`at ${MOMENTS} random moments under load costs no event: the owner goes on with the file`, async () => {
    for (let i = 0; i < MOMENTS; i++) {
      const delay = Math.random() * 60;
      const run = await runProgram(
        `${CATCH_WRITER}
if (!isMainThread) {
  const tracer = getGlobalTracer();
  for (let n = 0; n < ${PER_THREAD}; n++) {
    const outer = tracer.span('outer', 'c', { n });
    tracer.instant('tick ' + (n % 50), 'c', { n });
    outer.end();
    if (n % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
} else {
  const tracer = new Tracer('trace.json', { bufferSize: 2 ** 20 }).start();
  setGlobalTracer(tracer);
  const before = tracer.beginSpan('from before', 'c', { before: 1 });
  const operation = tracer.asyncBegin('operation', 'own id');
  const flow = tracer.flowStart('flow');
  const workers = Array.from({ length: ${THREADS} }, () => new Worker(self));
  const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  await new Promise((resolve) => setTimeout(resolve, ${delay}));
  void writer.terminate();
  tracer.span('after').end();
  await Promise.all(ended);
  tracer.flowEnd(flow);
  tracer.asyncEnd(operation);
  tracer.endSpan(before, { after: 2 });
  const stats = await tracer.stop();
  console.log(JSON.stringify(stats));
}`,
      );
      const context = `ended after ${delay} ms`;
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(problems(run.text), [], context);
      const events = JSON.parse(run.text) as Event[];
      const stats = JSON.parse(run.stdout) as Record<string, number>;
      assert.equal(stats['written'], events.length, context);
      assert.equal(stats['events'], 2 * THREADS * PER_THREAD + 5, context);
      assert.deepEqual([stats['lost'], stats['dropped'], stats['unmatchedEnds']], [0, 0, 0]);
      let threads = 0;
      for (const thread of new Set(events.map(({ tid }) => tid))) {
        const own = events.filter(({ tid }) => tid === thread);
        const ticks = own.filter(({ name }) => name.startsWith('tick'));
        // The main thread has none.
        if (ticks.length === 0) continue;
        threads++;
        assert.deepEqual(
          ticks.map(({ name, args }) => [name, args['n']]),
          Array.from({ length: PER_THREAD }, (_, n) => [`tick ${n % 50}`, n]),
          context,
        );
        const outer = own.filter(({ name, ph }) => name === 'outer' && ph === 'X');
        assert.equal(outer.length, PER_THREAD);
      }
      assert.equal(threads, THREADS, context);
      const counts = countEvents(run.text);
      assert.equal(counts['X from before'], 1);
      assert.equal(counts['b operation'], 1);
      assert.equal(counts['e operation'], 1);
      assert.equal(counts['f flow'], 1);
      const begun = events.find(({ name }) => name === 'from before');
      assert.deepEqual(begun?.args, { before: 1, after: 2 });
      assert.equal(run.stderr.match(/TRACELANE_WRITER_INLINE/g)?.length, 1, run.stderr);
    }
  });

  test('while stop() waits for it leaves the rest to stop()', async () => {
    for (let i = 0; i < 10; i++) {
      const run = await runProgram(
        `${CATCH_WRITER}
const tracer = new Tracer('trace.json').start();
await tracer.flush();
for (let i = 0; i < 100_000; i++) tracer.instant('x', 'c', { i });
const stopped = tracer.stop();
void writer.terminate();
const { written, lost } = await stopped;
console.log(written, lost);`,
      );
      assert.deepEqual(problems(run.text), []);
      assert.deepEqual(countEvents(run.text), { 'i x': 100_000 });
      assert.equal(run.stdout, `${JSON.parse(run.text).length} 0\n`);
    }
  });

  test('at random moments of stop() has nothing in the file twice: neither what was open nor parts of children', async () => {
    for (let i = 0; i < MOMENTS; i++) {
      const delay = (i / MOMENTS) * 120;
      const run = await runProgram(
        `${CATCH_WRITER}
import { spawn } from 'node:child_process';
import { once } from 'node:events';
if (process.argv[2] === 'child') {
  const tracer = getGlobalTracer();
  for (let i = 0; i < 60_000; i++) tracer.instant('of a child', 'c', { i });
} else {
  const tracer = new Tracer('trace.json').start();
  setGlobalTracer(tracer);
  const child = () => once(spawn(process.execPath, [self.pathname, 'child']), 'exit');
  await Promise.all([child(), child()]);
  for (let i = 0; i < 100; i++) tracer.asyncBegin('open', 'c');
  await tracer.flush();
  const stopped = tracer.stop();
  await new Promise((resolve) => setTimeout(resolve, ${delay}));
  void writer.terminate();
  const { written, lost, joined } = await stopped;
  console.log(written, lost, joined);
}`,
      );
      const context = `ended after ${delay} ms`;
      assert.deepEqual(problems(run.text), [], context);
      assert.equal(run.stdout, `${JSON.parse(run.text).length} 0 2\n`, context);
      const counts = countEvents(run.text);
      assert.deepEqual([counts['b open'], counts['i of a child']], [100, 120_000], context);
    }
  });

  test('is missed by a program that never comes back to its event loop, too', async (t) => {
    if (process.platform !== 'linux') return t.skip('only Linux tells which threads there are');
    for (const end of ['tracer.stopSync();', 'process.exit();']) {
      const run = await runProgram(
        `${CATCH_WRITER}
const tracer = new Tracer('trace.json', { bufferSize: 2 ** 17 }).start();
await tracer.flush();
void writer.terminate();
for (let i = 0; i < 50_000; i++) tracer.instant('x', 'c', { i });
process.on('exit', () => console.log(tracer.stats().dropped));
${end}`,
      );
      assert.equal(run.stdout, '0\n');
      assert.deepEqual(problems(run.text), []);
      assert.deepEqual(countEvents(run.text), { 'i x': 50_000 });
    }
  });
});
