import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repetitions } from '../effort.js';
import { countEvents, problems, runProgram } from '../run-program.js';

const SPANS = repetitions(2000, { quick: 600 });
/** How often a tracer is started and stopped, after it was a hundred times. */
const ROUNDS = repetitions(900, { quick: 250 });

describe('what is recorded', () => {
  test('in an exit handler, whenever that was added, is in the file', async () => {
    const run = await runProgram(`
const handler = (name) => process.on('exit', () => {
  for (let i = 0; i < 100; i++) tracer.span(name).end();
});
handler('added before');
const tracer = new Tracer('trace.json').start();
handler('added after');
tracer.instant('ready');`);
    assert.equal(run.code, 0);
    assert.deepEqual(problems(run.text), []);
    assert.deepEqual(countEvents(run.text), {
      'i ready': 1,
      'X added before': 100,
      'X added after': 100,
    });
  });

  test('while garbage is collected all the time, and by what is collected, is in the file', async () => {
    const run = await runProgram(
      `const tracer = new Tracer('trace.json').start();
let finalized = 0;
const registry = new FinalizationRegistry((n) => {
  finalized++;
  tracer.instant('finalized', 'c', { n });
});
for (let i = 0; i < ${SPANS}; i++) {
  const span = tracer.span('loop', 'c', { text: 'x'.repeat(i % 100), nested: { i } });
  registry.register({ i }, i);
  if (i % 20 === 0) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  span.end();
}
const { dropped, lost } = await tracer.stop();
console.log(finalized, dropped, lost);`,
      { nodeArgs: ['--expose-gc'] },
    );
    const [finalized, ...faults] = run.stdout.trim().split(' ').map(Number);
    assert.deepEqual(faults, [0, 0]);
    assert.ok(Number(finalized) > SPANS / 2, `${finalized} finalized`);
    assert.deepEqual(problems(run.text), []);
    assert.equal(countEvents(run.text)['X loop'], SPANS);
    assert.equal(countEvents(run.text)['i finalized'], finalized);
  });

  for (const stop of ['await tracer.stop()', 'tracer.stopSync()']) {
    test(`on other threads before ${stop} is in the file, and nobody waits for ever`, async () => {
      const run = await runProgram(`
if (!isMainThread) {
  const tracer = getGlobalTracer();
  // The stop comes somewhere in here; what is recorded later has nowhere to go.
  for (let n = 0; n < 3_000_000 && tracer.enabled; n++) {
    tracer.span('span').end();
    Atomics.store(workerData, 0, n + 1);
  }
} else {
  const tracer = new Tracer('trace.json', { bufferSize: 2 ** 18 }).start();
  setGlobalTracer(tracer);
  const counts = [0, 1, 2].map(() => new Int32Array(new SharedArrayBuffer(4)));
  const ended = counts.map((workerData) =>
    new Promise((resolve) => new Worker(self, { workerData }).once('exit', resolve)));
  while (counts.some((count) => Atomics.load(count, 0) < 10_000)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const before = counts.reduce((sum, count) => sum + Atomics.load(count, 0), 0);
  const stats = ${stop};
  await Promise.all(ended);
  console.log(JSON.stringify({ before, ...stats }));
}`);
      assert.equal(run.code, 0);
      const { before, events, dropped } = JSON.parse(run.stdout) as Record<string, number>;
      assert.deepEqual(problems(run.text), []);
      const { 'X span': ended = 0, 'B span': open = 0 } = countEvents(run.text);
      assert.equal(ended + open, events);
      assert.ok(ended + open >= Number(before) && open <= 3);
      assert.equal(dropped, 0);
    });
  }

  test('has its times from no clock that may be set: `Date.now` jumps, before and during the trace', async () => {
    const run = await runProgram(`
const now = Date.now;
const jump = (by) => { Date.now = () => now() + by; };
jump(3_600_000);
const tracer = new Tracer('trace.json').start();
for (const [name, by] of [['a', 0], ['b', -86_400_000], ['c', 86_400_000]]) {
  jump(by);
  tracer.trace(name, () => tracer.instant(name));
}
await tracer.stop();`);
    assert.deepEqual(problems(run.text), []);
    const events = JSON.parse(run.text) as { name: string; ph: string; ts: number; dur: number }[];
    const spans = events.filter(({ ph }) => ph === 'X').sort((a, b) => a.ts - b.ts);
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['a', 'b', 'c'],
    );
    const SECOND = 1e6;
    assert.ok(spans.every(({ ts, dur }) => ts >= 0 && ts < 60 * SECOND && dur < SECOND));
  });
});

describe('tracers', () => {
  test('that record at once in one process each have their own events, and their own ids', async () => {
    const run = await runProgram(`
import { readFileSync, rmSync } from 'node:fs';
const first = new Tracer('trace.json').start();
const second = new Tracer('second.json').start();
for (let i = 0; i < 1000; i++) {
  const outer = first.span('first');
  second.span('second').end();
  outer.end();
}
first.asyncEnd(second.asyncBegin('of the second'));
await Promise.all([first.stop(), second.stop()]);
process.stdout.write(readFileSync('second.json', 'utf8'));
rmSync('second.json');`);
    assert.deepEqual(problems(run.text), []);
    assert.deepEqual(problems(run.stdout), []);
    assert.deepEqual(countEvents(run.text), { 'X first': 1000 });
    assert.deepEqual(countEvents(run.stdout), { 'X second': 1000, 'b of the second': 1 });
  });

  for (const [how, end] of [
    ['stopped there', 'await tracer.stop();'],
    ['never stopped', ''],
    ['ended by process.exit()', 'process.exit();'],
  ] as const) {
    test(`that are started in a worker record its threads: ${how}`, async () => {
      const run = await runProgram(`
import { threadId } from 'node:worker_threads';


if (isMainThread) {
  await new Promise((resolve) => new Worker(self).once('exit', resolve));
} else if (workerData === 'inner') {
  getGlobalTracer().instant('of a worker of it');
} else {
  const tracer = new Tracer('trace.json').start();
  setGlobalTracer(tracer);
  await new Promise((resolve) => new Worker(self, { workerData: 'inner' }).once('exit', resolve));
  for (let i = 0; i < 10_000; i++) tracer.span('span').end();
  ${end}
}`);
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(problems(run.text), []);
      assert.deepEqual(countEvents(run.text), { 'X span': 10_000, 'i of a worker of it': 1 });
    });
  }

  test(`that are started and stopped ${ROUNDS} times leave nothing behind`, async () => {
    const run = await runProgram(
      `import { existsSync, readdirSync } from 'node:fs';
// Only Linux tells of both: elsewhere the other numbers have to do.
const entries = (folder) => existsSync(folder) ? readdirSync(folder).length : 0;
const held = async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    rss: rss / 2 ** 20,
    held: (heapUsed + external + arrayBuffers) / 2 ** 20,
    files: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
};
const tracer = new Tracer('trace.json', { bufferSize: 2 ** 17 });
const round = async (i) => {
  tracer.start();
  setGlobalTracer(tracer);
  tracer.span('span', 'c', { i }).end();
  if (i % 2 === 0) await tracer.flush();
  if (i % 3 === 0) tracer.stopSync();
  else await tracer.stop();
  setGlobalTracer(undefined);
};
for (let i = 0; i < 100; i++) await round(i);
const before = await held();
for (let i = 0; i < ${ROUNDS}; i++) await round(i);
const after = await held();
console.log(JSON.stringify(Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]))));`,
      { nodeArgs: ['--expose-gc'] },
    );
    // Each recording has replaced the one before.
    assert.equal(run.stderr.match(/\[TRACELANE_\w+\]/g)?.join(), '[TRACELANE_FILE_REPLACED]');
    const more = JSON.parse(run.stdout) as Record<string, number>;
    assert.ok(Number(more['held']) < 4, run.stdout);
    // Starting threads leaves some memory with the C library, whatever they do.
    assert.ok(Number(more['rss']) < 128, run.stdout);
    for (const kind of ['files', 'threads', 'listeners'])
      assert.ok(Number(more[kind]) <= 0, run.stdout);
    assert.deepEqual(countEvents(run.text), { 'X span': 1 });
  });

  test('that are forgotten without stop() hold up nothing, and their files are whole', async () => {
    const run = await runProgram(
      `import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
mkdirSync('forgotten');
new Tracer('trace.json').start().instant('x');
for (let i = 0; i < 20; i++) {
  let tracer = new Tracer('forgotten/' + i + '.json', { bufferSize: 2 ** 17 }).start();
  tracer.instant('x');
  tracer = undefined;
  globalThis.gc();
}
process.on('exit', () => {
  const whole = readdirSync('forgotten').filter((name) => {
    const events = JSON.parse(readFileSync('forgotten/' + name, 'utf8'));
    return events.filter(({ name }) => name === 'x').length === 1;
  });
  console.log(whole.length);
  rmSync('forgotten', { recursive: true });
});`,
      { nodeArgs: ['--expose-gc'] },
    );
    assert.equal(run.stderr, '');
    assert.equal(run.stdout, '20\n');
    assert.deepEqual(countEvents(run.text), { 'i x': 1 });
  });
});
