import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

const LAST = 50;

interface Order {
  name: string;
  /** Before the tracer starts, and behind its last event. */
  before?: string;
  after?: string;
  code: number;
  events?: number;
}

const ORDERS: readonly Order[] = [
  {
    name: 'a handler registered before start() calls process.exit()',
    before: "process.on('exit', () => process.exit(3));",
    code: 3,
  },
  {
    name: 'a handler registered before start() throws',
    before: "process.on('exit', () => { throw new Error('in exit'); });",
    code: 1,
  },
  {
    name: 'a handler prepended later calls process.exit()',
    after: "process.prependListener('exit', () => process.exit(4)); process.exit(0);",
    code: 4,
  },
  {
    name: 'a handler that records calls process.exit()',
    before: "process.on('exit', () => { last(); process.exit(3); });",
    code: 3,
    events: 2 * LAST,
  },
  {
    name: "process.removeAllListeners('exit') was called",
    after: "process.removeAllListeners('exit');",
    code: 0,
  },
  {
    name: 'process.removeAllListeners() was called',
    after: 'process.removeAllListeners(); process.exit(2);',
    code: 2,
  },
  {
    name: "an 'uncaughtException' handler throws",
    after:
      "process.on('uncaughtException', () => { throw new Error('again'); }); throw new Error('first');",
    code: 7,
  },
  {
    name: "an 'uncaughtException' handler records and throws",
    before: "process.on('uncaughtException', () => { last(); throw new Error('again'); });",
    after: "throw new Error('first');",
    code: 7,
    events: 2 * LAST,
  },
  {
    name: "an 'uncaughtException' handler records and calls process.exit()",
    before: "process.on('uncaughtException', () => { last(); process.exit(5); });",
    after: "throw new Error('first');",
    code: 5,
    events: 2 * LAST,
  },
  {
    name: 'an exception capture callback records and throws',
    before: `process.setUncaughtExceptionCaptureCallback(() => { last(); throw new Error('again'); });`,
    after: "setTimeout(() => { throw new Error('first'); });",
    code: 7,
    events: 2 * LAST,
  },
  {
    name: "an 'unhandledRejection' handler throws",
    after:
      "process.on('unhandledRejection', () => { throw new Error('again'); }); Promise.reject(new Error('first'));",
    code: 1,
  },
  {
    name: "'process.emit' is read-only",
    before:
      "Object.defineProperty(process, 'emit', { value: process.emit }); process.on('exit', () => {});",
    after: 'process.exit(3);',
    code: 3,
  },
  {
    name: 'another library has put its own process.emit around',
    before: "process.on('exit', () => process.exit(3));",
    after: `
const inner = process.emit;
process.emit = function (...args) { return inner.apply(this, args); };`,
    code: 3,
  },
];

describe('everything is in the file when', () => {
  for (const { name, before = '', after = '', code, events = LAST } of ORDERS) {
    for (const writer of ['thread', 'inline']) {
      test(`${name}: writer ${writer}`, async () => {
        const run = await runProgram(`
const last = () => { for (let i = 0; i < ${LAST}; i++) tracer.instant('last'); };
${before}
const tracer = new Tracer('trace.json', { writer: '${writer}' }).start();
// The writer thread is up, and the next regular flush is far.
await tracer.flush();
last();
${after}`);
        assert.equal(run.code, code, run.stderr);
        assert.deepEqual(countEvents(run.text), { 'i last': events });
        assert.deepEqual(problems(run.text), []);
      });
    }
  }
});

for (const handler of ['exit', 'beforeExit']) {
  test(`a recording that begins in a handler of '${handler}' is in the file`, async () => {
    const run = await runProgram(`
const tracer = new Tracer('trace.json');
process.once('${handler}', () => {
  tracer.start();
  tracer.instant('last');
});`);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(countEvents(run.text), { 'i last': 1 });
    assert.deepEqual(problems(run.text), []);
  });
}

test('a program that goes on after an uncaught error is recorded as before', async () => {
  const run = await runProgram(`
process.on('uncaughtException', () => tracer.instant('handled'));
const tracer = new Tracer('trace.json').start();
await tracer.flush();
setTimeout(() => { throw new Error('one'); });
setTimeout(() => { for (let i = 0; i < 50_000; i++) tracer.instant('later'); }, 20);
setTimeout(async () => { await tracer.stop(); console.log(Object.hasOwn(process, 'emit')); }, 40);
`);
  assert.equal(run.code, 0);
  assert.equal(run.stdout, 'false\n');
  assert.deepEqual(countEvents(run.text), { 'i handled': 1, 'i later': 50_000 });
});

test('nothing of the process is changed once the last tracer has stopped', async () => {
  const run = await runProgram(`
const state = () => JSON.stringify([
  Object.hasOwn(process, 'emit'),
  process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
]);
const before = state();
const one = new Tracer('trace.json').start();
const two = new Tracer('second.json').start();
await one.stop();
const between = Object.hasOwn(process, 'emit');
two.stopSync();
const own = function (...args) { return Object.getPrototypeOf(process).emit.apply(this, args); };
process.emit = own;
new Tracer('second.json').start().stopSync();
const kept = process.emit === own;
delete process.emit;
console.log(JSON.stringify([state() === before, between, kept]));
`);
  assert.deepEqual(JSON.parse(run.stdout), [true, true, true]);
});

test('a watcher that another library was put around leaves nothing when it comes to light', async () => {
  const run = await runProgram(`
const tracer = new Tracer('trace.json', { writer: 'inline' });
for (let i = 0; i < 3; i++) {
  tracer.start();
  const inner = process.emit;
  process.emit = function (...args) { return inner.apply(this, args); };
  tracer.stopSync();
  // As libraries do that are switched off.
  process.emit = inner;
}
tracer.start().stopSync();
console.log(Object.hasOwn(process, 'emit'));`);
  assert.equal(run.stdout, 'false\n', run.stderr);
});

test('a process whose end cannot be watched is recorded up to stop(), with one warning', async () => {
  const run = await runProgram(`
Object.freeze(process);
const tracer = new Tracer('trace.json').start();
tracer.instant('recorded');
await tracer.stop();
console.log('stopped');
process.reallyExit(0);`);
  assert.equal(run.stdout, 'stopped\n', run.stderr);
  assert.deepEqual(run.stderr.match(/\[TRACELANE_\w+\]/g), ['[TRACELANE_EXIT]'], run.stderr);
  assert.deepEqual(countEvents(run.text), { 'i recorded': 1 });
});
