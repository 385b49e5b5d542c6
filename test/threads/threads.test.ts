import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';
import { importIntoDevTools } from '../viewers/devtools.js';

interface Event {
  name: string;
  ph: string;
  cat: string;
  ts: number;
  pid: number;
  tid: number;
  id?: string;
  args: Record<string, unknown>;
}

const start = (options = '{}') => `
const tracer = new Tracer('trace.json', ${options}).start();
setGlobalTracer(tracer);
const ended = (worker) => new Promise((resolve) => worker.on('exit', resolve));
`;

async function record(program: string) {
  const run = await runProgram(program);
  assert.equal(run.stderr, '');
  assert.equal(run.code, 0);
  assert.deepEqual(problems(run.text), []);
  const events = JSON.parse(run.text) as Event[];
  return { ...run, events, named: (name: string) => events.filter((event) => event.name === name) };
}

describe('a worker', () => {
  test('and a worker of a worker record into the same file with nothing passed by hand', async () => {
    const { text, events } = await record(`
if (isMainThread) {
  ${start()}
  tracer.trace('main work', () => {});
  await ended(new Worker(self, { workerData: 2 }));
  await tracer.stop();
} else {
  getGlobalTracer().trace('work ' + workerData, () => {});
  if (workerData > 1) new Worker(self, { workerData: workerData - 1 });
}`);
    const { threads } = await importIntoDevTools(text);
    assert.deepEqual(
      threads.map(({ slices }) => slices.map(({ name }) => name)),
      [['main work'], ['work 2'], ['work 1']],
    );
    const tids = threads.map(({ tid }) => tid);
    assert.equal(tids[0], events[0]?.pid, "the main thread's tid is the pid");
    assert.equal(new Set(tids).size, 3, 'each thread has its own');
    assert.deepEqual(
      threads.map(({ name }) => name?.replace(/\d+/, 'n')),
      ['main', 'worker n', 'worker n'],
    );
  });

  test('that runs already records by a handle, into a tracer that is not the global one', async () => {
    const { text } = await record(`
if (isMainThread) {
  const worker = new Worker(self);
  const tracer = new Tracer('trace.json').start();
  worker.postMessage(tracer.handle());
  await new Promise((resolve) => worker.on('exit', resolve));
  console.log((await tracer.stop()).events);
} else {
  parentPort.once('message', (handle) => {
    const tracer = Tracer.connect(handle);
    tracer.trace('connected', () => {});
    getGlobalTracer().trace('not recorded', () => {});
  });
}`);
    assert.deepEqual(countEvents(text), { 'X connected': 1 });
  });

  test('records nothing before start() and after stop() of the tracer', async () => {
    const { text, stdout } = await record(`
if (isMainThread) {
  const tracer = new Tracer('trace.json');
  setGlobalTracer(tracer);
  const worker = new Worker(self);
  const said = () => new Promise((resolve) => worker.once('message', resolve));
  await said();
  tracer.start();
  worker.postMessage('now');
  await said();
  await tracer.stop();
  worker.postMessage('now');
  await said();
} else {
  const tracer = getGlobalTracer();
  const say = (name) => { tracer.instant(name); console.log(tracer.enabled); parentPort.postMessage('done'); };
  say('before');
  parentPort.once('message', () => {
    say('while');
    parentPort.once('message', () => say('after'));
  });
}`);
    assert.deepEqual(countEvents(text), { 'i while': 1 });
    assert.equal(stdout, 'false\ntrue\nfalse\n');
  });

  test('has its names and argument keys of its own beside those of other threads', async () => {
    const { named } = await record(`
if (isMainThread) {
  ${start()}
  for (const name of ['a', 'b', 'c']) tracer.instant(name, name + '-main', { main: name });
  await ended(new Worker(self));
  for (const name of ['a', 'b', 'c']) tracer.instant(name, name + '-main', { main: name });
} else {
  for (const name of ['c', 'b', 'a']) getGlobalTracer().instant(name, name + '-worker', { worker: name });
}`);
    for (const name of ['a', 'b', 'c']) {
      assert.deepEqual(
        named(name).map(({ cat, args }) => [cat, args]),
        [
          [`${name}-main`, { main: name }],
          [`${name}-worker`, { worker: name }],
          [`${name}-main`, { main: name }],
        ],
      );
    }
  });
});

describe('what begins on one thread and ends on another', () => {
  const handOver = (begin: string, end: string) => `
if (isMainThread) {
  ${start()}
  const worker = new Worker(self);
  ${begin}
  worker.postMessage(id);
  await ended(worker);
  const { unmatchedEnds } = await tracer.stop();
  console.log(unmatchedEnds);
} else {
  const tracer = getGlobalTracer();
  parentPort.once('message', (id) => { ${end} });
}`;

  test('is an async pair with the name and category of its begin, for a span', async () => {
    const { text, named, stdout } = await record(
      handOver(
        "const id = tracer.beginSpan('job', 'jobs', { n: 1 });",
        'tracer.endSpan(id, { ok: true });',
      ),
    );
    assert.equal(stdout, '0\n');
    const { asyncSlices } = await importIntoDevTools(text);
    assert.deepEqual(
      asyncSlices.map(({ name, cat }) => [name, cat]),
      [['job', 'jobs']],
    );
    const [begin, end] = named('job');
    assert.deepEqual(
      [begin?.ph, begin?.args, end?.ph, end?.args],
      ['b', { n: 1 }, 'e', { ok: true }],
    );
    assert.notEqual(end?.tid, begin?.tid, 'the end is that of the thread that ended it');
    assert.ok(Number(end?.ts) > Number(begin?.ts));
  });

  test('is one operation, for an async event with its instants', async () => {
    const { named, stdout } = await record(
      handOver(
        "const id = tracer.asyncBegin('op', undefined, 'ops');",
        "tracer.asyncInstant(id, 'taken'); tracer.asyncEnd(id);",
      ),
    );
    assert.equal(stdout, '0\n');
    const ids = new Set([...named('op'), ...named('taken')].map(({ id, cat }) => `${cat} ${id}`));
    assert.equal(ids.size, 1, 'all have the same id and category');
    assert.deepEqual([...named('op'), ...named('taken')].map(({ ph }) => ph).sort(), [
      'b',
      'e',
      'n',
    ]);
  });

  test("is one operation under an id of the program's own, too", async () => {
    const { named } = await record(
      handOver("const id = tracer.asyncBegin('op', 'mine');", "tracer.asyncEnd('mine');"),
    );
    assert.deepEqual(
      named('op').map(({ ph, id, pid }) => [ph, id === `${pid}:mine`]),
      [
        ['b', true],
        ['e', true],
      ],
    );
  });

  test('is an arrow from span to span, for a flow', async () => {
    const { named } = await record(
      handOver(
        "const span = tracer.span('from'); const id = tracer.flowStart('flow', undefined, 'f'); span.end();",
        "const span = tracer.span('to'); tracer.flowEnd(id); span.end();",
      ),
    );
    assert.deepEqual(
      named('flow').map(({ ph, cat }) => [ph, cat]),
      [
        ['s', 'f'],
        ['f', 'f'],
      ],
    );
  });

  test('is never drawn to end before it began, though threads take turns at great speed', async () => {
    const { events } = await record(`
if (isMainThread) {
  ${start()}
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(self, { workerData: turn });
  for (let i = 0; i < 2000; i += 2) {
    while (Atomics.load(turn, 0) !== i);
    tracer.instant('turn', 'default', { i });
    Atomics.store(turn, 0, i + 1);
  }
  await ended(worker);
} else {
  const tracer = getGlobalTracer();
  for (let i = 1; i < 2000; i += 2) {
    while (Atomics.load(workerData, 0) !== i);
    tracer.instant('turn', 'default', { i });
    Atomics.store(workerData, 0, i + 1);
  }
}`);
    const turns = events.filter(({ name }) => name === 'turn').sort((a, b) => a.ts - b.ts);
    assert.deepEqual(
      turns.map(({ args }) => args['i']),
      Array.from({ length: 2000 }, (_, i) => i),
    );
  });
});
