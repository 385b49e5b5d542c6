import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  getGlobalTracer,
  setGlobalTracer,
  TraceError,
  Tracer,
  type TracerOptions,
} from 'tracelane';
import { traceRuntime } from 'tracelane/runtime';
import { recordTrace } from '../../record-trace.js';
import { countEvents, problems, runProgram } from '../../run-program.js';

describe('the constructor', () => {
  const wrong: readonly [unknown, RegExp][] = [
    [{ enabled: 1 }, /'enabled' must be true or false, not 1/],
    [{ flushInterval: -1 }, /'flushInterval' must be a number of milliseconds/],
    [{ flushInterval: Number.NaN }, /'flushInterval'.*not NaN/],
    [{ bufferSize: 10 }, /'bufferSize' must be a number of bytes/],
    [{ overflow: 'wait' }, /'overflow' must be 'block' or 'drop', not 'wait'/],
    [{ writer: 'process' }, /'writer' must be 'thread' or 'inline'/],
    [{ clock: null }, /'clock'.*not null/],
    [{ format: 'pftrace' }, /'format'.*'json' or 'perfetto', not 'pftrace'/],
    [{ categories: '' }, /'categories' must be a list/],
    [{ processName: 5 }, /'processName' must be a string/],
    [{ handleSignals: 'no' }, /'handleSignals' must be true or false/],
    [{ bufferSise: 1 }, /no option 'bufferSise'\. The options are enabled, flushInterval/],
    ['fast', /options must be an object/],
  ];
  for (const [options, message] of wrong) {
    test(`refuses ${JSON.stringify(options)}, and says what it takes`, () => {
      assert.throws(
        () => new Tracer('trace.json', options as TracerOptions),
        (error) =>
          error instanceof TraceError &&
          error.code === 'TRACELANE_BAD_OPTION' &&
          message.test(error.message),
      );
    });
  }

  test('refuses an output file that is no path', () => {
    for (const path of ['', 'a\0b', 5, new URL('https://example.org/trace.json')]) {
      assert.throws(
        () => new Tracer(path as string),
        (error) => error instanceof TraceError && error.code === 'TRACELANE_BAD_OPTION',
      );
    }
  });

  test('takes undefined for an option as if it were left out', () => {
    assert.equal(new Tracer('trace.json', { flushInterval: undefined }).enabled, false);
  });
});

test('Tracer.connect refuses what is no handle', () => {
  for (const handle of [undefined, null, {}, { memory: new ArrayBuffer(8), tracelane: 1 }]) {
    assert.throws(
      () => Tracer.connect(handle as never),
      (error) => error instanceof TraceError && error.code === 'TRACELANE_BAD_HANDLE',
    );
  }
});

test('setGlobalTracer and traceRuntime refuse what is no tracer, and change nothing', () => {
  const before = getGlobalTracer();
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  for (const given of ['trace.json', 5, {}, () => {}, Symbol('x'), revoked.proxy]) {
    for (const call of [setGlobalTracer, traceRuntime]) {
      assert.throws(() => call(given as never), { name: 'TraceError', code: 'TRACELANE_BAD_CALL' });
    }
    assert.equal(getGlobalTracer(), before);
  }
  assert.throws(() => traceRuntime(before, { tickThreshold: Symbol('x') as never }), {
    name: 'TraceError',
    code: 'TRACELANE_BAD_OPTION',
  });
});

test('bad calls are counted, warned of once, and nothing else is lost', async () => {
  const { code, stdout, stderr, text } = await runProgram(`
const tracer = new Tracer('trace.json').start();
const symbol = Symbol('x');
for (const name of [undefined, null, 5, {}, symbol]) tracer.span(name).end();
tracer.instant('bad category', 5);
tracer.instant('bad scope', 'default', undefined, 'everywhere');
tracer.instant('bad args', 'default', 'text');
for (const value of [NaN, Infinity, '5', undefined, null, {}]) tracer.counter('bad value', value);
tracer.counter('one bad series', { good: 1, bad: NaN });
tracer.complete('bad times', NaN, 1);
tracer.complete('bad times', 1, -1);
tracer.emit({ ph: 'X' });
tracer.emit({ name: 'bad phase', ph: 'Z' });
tracer.emit({ name: 'bad time', ph: 'X', ts: NaN });
tracer.emit({ name: 'bad pid', ph: 'i', pid: -1 });
tracer.emit(null);
tracer.asyncEnd(undefined);
tracer.endSpan({});
tracer.setThreadName(5);
tracer.setThreadSortIndex(1.5);
tracer.asyncBegin('bad id', NaN);
tracer.endSpan(4294967399);
tracer.endSpan(17);
tracer.asyncEnd('never begun');
tracer.asyncInstant('never begun', 'lost');
tracer.flowEnd('never begun');
const id = tracer.beginSpan('twice');
tracer.endSpan(id);
tracer.endSpan(id);
{
  const span = tracer.span('ended by hand, and by its block');
  span.end();
  span[Symbol.dispose]();
}
tracer.trace('good', () => {});
console.log(JSON.stringify(await tracer.stop()));
`);
  assert.equal(code, 0);
  const { invalid, unmatchedEnds } = JSON.parse(stdout) as Record<string, number>;
  assert.equal(invalid, 5 + 3 + 6 + 1 + 2 + 5 + 2 + 2 + 1);
  assert.equal(unmatchedEnds, 6);
  assert.deepEqual(countEvents(text), {
    'i bad category': 1,
    'i bad scope': 1,
    'i bad args': 1,
    'C one bad series': 1,
    'X twice': 1,
    'X ended by hand, and by its block': 1,
    'X good': 1,
    'b bad id': 1,
  });
  assert.deepEqual(problems(text), []);
  const warnings = stderr.match(/TracelaneWarning/g);
  assert.equal(warnings?.length, 2, stderr);
  assert.match(stderr, /TRACELANE_INVALID_EVENT.*An event's name must be a string, not undefined/);
  assert.match(stderr, /TRACELANE_UNMATCHED_END/);
});

describe('a tracer that does not record', () => {
  const path = join(tmpdir(), 'never-written', 'trace.json');
  const stopped = new Tracer(join(tmpdir(), `stopped-${process.pid}.json`)).start();
  stopped.stopSync();
  after(() => rmSync(stopped.outputFile));
  for (const [what, tracer] of [
    ['is disabled', new Tracer(path, { enabled: false }).start()],
    ['was not started', new Tracer(path)],
    ['was stopped', stopped],
  ] as const) {
    test(`that ${what} does nothing at every call, and still runs functions`, async () => {
      assert.equal(tracer.enabled, false);
      const before = tracer.stats();
      const span = tracer.span('x');
      assert.equal(span, tracer.span('y', 'cat', { a: 1 }), 'one shared span');
      assert.equal(span.id, 0);
      span.end();
      span.end({ twice: true });
      tracer.instant('x');
      tracer.counter('x', Number.NaN);
      tracer.complete('x', Number.NaN, 1);
      assert.equal(tracer.beginSpan('x'), 0);
      tracer.endSpan(0);
      assert.equal(tracer.asyncBegin('x', 'own'), 0);
      tracer.asyncInstant(0, 'x');
      tracer.asyncEnd('own');
      assert.equal(tracer.flowStart('x'), 0);
      tracer.flowStep(0);
      tracer.flowEnd(0);
      tracer.emit({} as never);
      tracer.metadata('x', {});
      tracer.setProcessName('x');
      tracer.setThreadName('x');
      tracer.setProcessSortIndex(1);
      tracer.setThreadSortIndex(1);
      assert.equal(
        tracer.trace('x', () => 5),
        5,
      );
      assert.equal(await tracer.trace('x', async () => 6), 6);
      await tracer.flush();
      tracer.flushSync();
      assert.deepEqual(tracer.stats(), before);
      assert.deepEqual(await tracer.stop(), before);
    });
  }
});

describe('the category filter', () => {
  const CALLS = ['db', 'http', 'verbose', undefined, 'db,verbose'];
  for (const [categories, expected] of [
    ['*', ['db', 'http', 'verbose', 'default', 'db,verbose']],
    ['db,http', ['db', 'http', 'db,verbose']],
    ['*,-verbose', ['db', 'http', 'default', 'db,verbose']],
    ['-verbose', ['db', 'http', 'default', 'db,verbose']],
    [' db , default ', ['db', 'default', 'db,verbose']],
    ['nothing', []],
  ] as const) {
    test(`'${categories}' records ${expected.join(' ') || 'nothing'}, of every kind of event`, async () => {
      const { events } = await recordTrace({ categories }, (tracer) => {
        for (const category of CALLS) {
          tracer.span('X', category).end();
          tracer.instant('i', category);
          tracer.counter('C', 1, category);
          const id = tracer.asyncBegin('b', undefined, category);
          tracer.asyncInstant(id, 'n');
          tracer.asyncEnd(id);
          const emitted = category === undefined ? {} : { cat: category };
          tracer.emit({ name: 'R', ph: 'i', s: 't', ...emitted });
        }
      });
      for (const name of ['X', 'i', 'C', 'b', 'n', 'R']) {
        const found = events.filter((event) => event.name === name && event.ph !== 'e');
        assert.deepEqual(
          found.map(({ cat }) => cat),
          expected,
          name,
        );
      }
    });
  }
});
