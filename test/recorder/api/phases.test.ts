import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  EventType,
  getGlobalTracer,
  type Tracer,
  traceAsyncFunction,
  traceFunction,
} from 'tracelane';
import { ownArguments, type RecordedEvent, recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';
import { importIntoDevTools } from '../../viewers/devtools.js';
import { importIntoSpeedscope } from '../../viewers/speedscope.js';

/** Records, and holds what was written to all rules of the format. */
async function record(body: (tracer: Tracer) => unknown) {
  const trace = await recordTrace({}, body);
  assert.deepEqual(checkTrace(trace.text), []);
  assert.deepEqual([trace.stats.invalid, trace.stats.dropped], [0, 0]);
  const events = trace.events
    .filter(({ ph }) => ph !== 'M')
    .map((event) => ({ ...event, args: ownArguments(event.args) }));
  return { ...trace, events, phases: phasesOf(events) };
}

const phasesOf = (events: readonly RecordedEvent[]) =>
  events.map(({ ph, name }) => `${ph} ${name}`);

const pause = (ms = 2) => new Promise((resolve) => setTimeout(resolve, ms));

describe('X is written by', () => {
  test('span, whose slices nest as the spans did, in DevTools and in speedscope', async () => {
    const { text } = await record((tracer) => {
      const outer = tracer.span('outer', 'cat', { a: 1 });
      for (const name of ['first', 'second']) {
        using _inner = tracer.span(name);
        tracer.span(`in ${name}`).end({ b: 2 });
      }
      outer.end({ c: 3 });
    });
    const { threads } = await importIntoDevTools(text);
    const slices = threads[0]?.slices ?? [];
    assert.deepEqual(
      slices.map(({ name, cat, depth, args }) => [name, cat, depth, args]),
      [
        ['outer', 'cat', 0, { a: 1, c: 3 }],
        ['first', 'default', 1, {}],
        ['in first', 'default', 2, { b: 2 }],
        ['second', 'default', 1, {}],
        ['in second', 'default', 2, { b: 2 }],
      ],
    );
    const [profile] = await importIntoSpeedscope(text);
    assert.deepEqual(
      profile?.slices.map(({ name, depth }) => [name.split(' {')[0], depth]),
      slices.map(({ name, depth }) => [name, depth]),
    );
  });

  test('trace with a sync function, which gives back its result or its error', async () => {
    const failure = new Error('bad');
    const { events } = await record((tracer) => {
      const result = tracer.trace('good', (span) => {
        assert.equal(typeof span.id, 'number');
        return 42;
      });
      assert.equal(result, 42);
      const fail = () => {
        throw failure;
      };
      assert.throws(
        () => tracer.trace('bad', fail),
        (error) => error === failure,
      );
    });
    assert.deepEqual(
      events.map(({ ph, name, args }) => [ph, name, args]),
      [
        ['X', 'good', {}],
        ['X', 'bad', { error: 'Error: bad' }],
      ],
    );
  });

  test('beginSpan and endSpan in order on one thread', async () => {
    const { phases, events } = await record((tracer) => {
      const outer = tracer.beginSpan('outer');
      const inner = tracer.beginSpan('inner', 'cat', { a: 1 });
      assert.notEqual(outer, inner);
      tracer.endSpan(inner, { a: 2 });
      tracer.endSpan(outer);
    });
    assert.deepEqual(phases, ['X inner', 'X outer']);
    assert.deepEqual(events[0]?.args, { a: 2 }, "the end's value stands");
  });

  test('complete, at the times that it was given', async () => {
    const { events } = await record(async (tracer) => {
      await pause();
      const now = performance.now();
      tracer.complete('measured', now - 1.5, 1.25, 'cat', { rows: 3 });
      tracer.complete('inside', now - 1, 0.5);
    });
    assert.deepEqual(
      events.map(({ ph, dur }) => [ph, dur]),
      [
        ['X', 1250],
        ['X', 500],
      ],
    );
    const [measured, inside] = events;
    assert.ok(Math.abs(Number(inside?.ts) - Number(measured?.ts) - 500) < 0.002);
  });

  test('complete only where it nests: one that cuts another is an async pair', async () => {
    const { phases } = await record(async (tracer) => {
      await pause();
      const now = performance.now();
      tracer.complete('first', now - 1.5, 1);
      tracer.complete('cuts the first', now - 1, 1);
      tracer.complete('future', performance.now(), 1000);
      const before = performance.now();
      const span = tracer.span('open');
      await pause();
      tracer.complete('cuts the open span', before - 1, performance.now() - before);
      span.end();
    });
    assert.deepEqual(phases, [
      'X first',
      'b cuts the first',
      'e cuts the first',
      'b future',
      'e future',
      'b cuts the open span',
      'e cuts the open span',
      'X open',
    ]);
  });

  test('traceFunction around a sync function', async () => {
    const { events } = await record(() => {
      const twice = traceFunction({ name: 'twice', args: (x: number) => ({ x }) })(
        (x: number) => 2 * x,
      );
      assert.equal(twice(21), 42);
    });
    assert.deepEqual(
      events.map(({ ph, name, cat, args }) => [ph, name, cat, args]),
      [['X', 'twice', 'function', { x: 21 }]],
    );
  });
});

describe('B is written for', () => {
  test('a span that was never ended, which DevTools and speedscope show with what is in it', async () => {
    const { phases, text, stats } = await record((tracer) => {
      tracer.span('never ended');
      tracer.span('inside').end();
    });
    assert.deepEqual(phases, ['X inside', 'B never ended']);
    assert.equal(stats.openSpans, 1);
    const [profile] = await importIntoSpeedscope(text);
    assert.deepEqual(
      profile?.slices.map(({ name, depth }) => [name.split(' {')[0], depth]),
      [
        ['never ended', 0],
        ['inside', 1],
      ],
    );
  });
});

describe('emit', () => {
  test('writes events of any phase as they are, with pid, tid and ts of here and now', async () => {
    const { text, events } = await recordTrace({}, (tracer) => {
      tracer.emit({ name: 'pair', ph: EventType.DURATION_BEGIN, ts: 10, tid: 77, cat: 'theirs' });
      tracer.emit({ name: 'pair', ph: EventType.DURATION_END, ts: 12.5, tid: 77, cat: 'theirs' });
      tracer.emit({ name: 'whole', ph: 'X', ts: 20, dur: 5, tid: 77, args: { deep: { a: [1] } } });
      tracer.emit({ name: 'now', ph: 'i', s: 'g' });
      tracer.emit({ name: 'object', ph: 'N', id: '0x1', extra: true });
    });
    const own = events.filter(({ ph }) => ph !== 'M');
    assert.deepEqual(
      own.map(({ ph, cat, args }) => [ph, cat, args]),
      [
        ['B', 'theirs', {}],
        ['E', 'theirs', {}],
        ['X', 'default', { deep: { a: [1] } }],
        ['i', 'default', {}],
        ['N', 'default', {}],
      ],
    );
    assert.deepEqual([own[0]?.ts, own[1]?.ts, own[0]?.tid], [10, 12.5, 77]);
    assert.ok(own.every(({ pid }) => pid === process.pid));
    assert.ok(Number(own[3]?.ts) > 20);
    assert.equal(own[3]?.tid, process.pid);
    const { threads } = await importIntoDevTools(text);
    const theirs = threads.find(({ tid }) => tid === 77);
    assert.deepEqual(
      theirs?.slices.map(({ name, start, duration }) => [name, start, duration]),
      [
        ['pair', 10, 2.5],
        ['whole', 20, 5],
      ],
    );
  });
});

describe('b, n and e are written by', () => {
  test('asyncBegin, asyncInstant and asyncEnd, with name and category of the begin', async () => {
    const { events, text } = await record((tracer) => {
      const id = tracer.asyncBegin('op', undefined, 'ops', { a: 1 });
      tracer.asyncInstant(id, 'half', undefined, { at: 50 });
      tracer.asyncEnd(id, { b: 2 });
    });
    assert.equal(new Set(events.map(({ id, cat }) => `${cat} ${id}`)).size, 1);
    assert.deepEqual(
      [...events].sort((x, y) => x.ts - y.ts).map(({ ph, name, args }) => [ph, name, args]),
      [
        ['b', 'op', { a: 1 }],
        ['n', 'half', { at: 50 }],
        ['e', 'op', { b: 2 }],
      ],
    );
    const { asyncSlices } = await importIntoDevTools(text);
    assert.deepEqual(
      asyncSlices.map(({ name }) => name),
      ['op'],
    );
  });

  test("ids of the program's own, on which the last begin ends first", async () => {
    const { events } = await record((tracer) => {
      for (const id of ['request', 7, '7']) {
        assert.equal(tracer.asyncBegin('outer', id), id);
        tracer.asyncBegin('inner', id);
        tracer.asyncEnd(id);
        tracer.asyncEnd(id);
      }
    });
    assert.equal(new Set(events.map(({ id }) => id)).size, 3, "1 and '1' are different ids");
    for (const key of new Set(events.map(({ id }) => id))) {
      const order = events.filter(({ id }) => id === key).sort((x, y) => x.ts - y.ts);
      assert.deepEqual(phasesOf(order), ['b outer', 'b inner', 'e inner', 'e outer']);
    }
  });

  test('trace with an async function, which gives back its value or its rejection', async () => {
    const { events } = await record(async (tracer) => {
      assert.equal(await tracer.trace('good', async () => 42), 42);
      await assert.rejects(
        tracer.trace('bad', () => Promise.reject(new TypeError('no'))),
        TypeError,
      );
    });
    assert.deepEqual(
      events.map(({ ph, name, args }) => [ph, name, args]),
      [
        ['b', 'good', {}],
        ['e', 'good', {}],
        ['b', 'bad', {}],
        ['e', 'bad', { error: 'TypeError: no' }],
      ],
    );
  });

  test('traceAsyncFunction', async () => {
    const { events } = await record(async () => {
      await traceAsyncFunction({ name: 'load' })(async () => pause())();
    });
    assert.deepEqual(
      events.map(({ ph, name, cat }) => [ph, name, cat]),
      [
        ['b', 'load', 'async_function'],
        ['e', 'load', 'async_function'],
      ],
    );
  });

  test('spans that end out of order, each with an id of its own', async () => {
    const { events, phases } = await record((tracer) => {
      const spans = ['a', 'b', 'c'].map((name) => tracer.span(name));
      for (const span of spans) span.end();
    });
    assert.deepEqual(phases, ['b a', 'e a', 'b b', 'e b', 'X c']);
    assert.equal(new Set(events.map(({ id }) => id)).size, 3);
  });
});

describe('a span made by beginSpan gives way', () => {
  test('to the span around it that ends first, with a flow that was started in it', async () => {
    const { phases, events } = await record((tracer) => {
      const outer = tracer.span('hand over');
      const job = tracer.beginSpan('job');
      const flow = tracer.flowStart('flow');
      outer.end();
      tracer.trace('work', () => tracer.flowEnd(flow));
      tracer.endSpan(job);
    });
    assert.deepEqual(phases, ['X hand over', 's flow', 'X work', 'f flow', 'b job', 'e job']);
    const [outer, start] = events;
    assert.ok(Number(start?.ts) > Number(outer?.ts));
  });
});

describe('the other phases', () => {
  test('i is written by instant, with its scope', async () => {
    const { events } = await record((tracer) => {
      tracer.instant('by default', 'cat', { a: true });
      for (const scope of ['thread', 'process', 'global'] as const) {
        tracer.instant(scope, undefined, undefined, scope);
      }
    });
    assert.deepEqual(
      events.map(({ ph, name, s }) => [ph, name, s]),
      [
        ['i', 'by default', 't'],
        ['i', 'thread', 't'],
        ['i', 'process', 'p'],
        ['i', 'global', 'g'],
      ],
    );
  });

  test('C is written by counter: one value, or all series each time', async () => {
    const { events } = await record((tracer) => {
      tracer.counter('one', 1.5);
      tracer.counter('two', { in: 1, out: 2 }, 'cat');
      tracer.counter('two', { out: 5 }, 'cat');
      tracer.counter('one', -3e9);
    });
    assert.deepEqual(
      events.map(({ ph, name, args }) => [ph, name, args]),
      [
        ['C', 'one', { value: 1.5 }],
        ['C', 'two', { in: 1, out: 2 }],
        ['C', 'two', { in: 1, out: 5 }],
        ['C', 'one', { value: -3e9 }],
      ],
    );
  });

  test('s, t and f are written by flows, each inside a slice', async () => {
    const { events } = await record((tracer) => {
      const span = tracer.span('produce');
      const id = tracer.flowStart('arrow', undefined, 'cat', { n: 1 });
      span.end();
      tracer.flowStep(id);
      tracer.trace('consume', () => tracer.flowEnd(id));
    });
    const flow = events.filter(({ name, ph }) => name === 'arrow' && ph !== 'X');
    assert.deepEqual(
      flow.map(({ ph, cat, bp }) => [ph, cat, bp]),
      [
        ['s', 'cat', undefined],
        ['t', 'cat', undefined],
        ['f', 'cat', 'e'],
      ],
    );
    assert.equal(new Set(flow.map(({ id }) => id)).size, 1);
    const slices = events.filter(({ ph }) => ph === 'X').map(({ name }) => name);
    assert.deepEqual(
      slices,
      ['produce', 'arrow', 'consume'],
      'a slice is made where there is none',
    );
  });

  test('a flow inside a span that turns out asynchronous is in a slice all the same', async () => {
    const { events } = await record((tracer) => {
      const around = tracer.span('around');
      const handed = tracer.beginSpan('handed on');
      const other = tracer.beginSpan('other');
      const inOther = tracer.flowStart('flow', 'own id');
      assert.equal(inOther, 'own id');
      tracer.endSpan(handed);
      tracer.endSpan(other);
      around.end();
      tracer.flowEnd('own id');
      const first = tracer.beginSpan('first');
      const second = tracer.beginSpan('second');
      tracer.endSpan(second);
      tracer.flowEnd(tracer.flowStart('alone'));
      const third = tracer.beginSpan('third');
      tracer.endSpan(first);
      tracer.endSpan(third);
    });
    assert.equal(events.filter(({ ph }) => 'stf'.includes(ph)).length, 4);
  });

  test('M is written by metadata and the setters, and by itself', async () => {
    const before = Date.now();
    const { events } = await recordTrace({ processName: 'the process' }, (tracer) => {
      tracer.setThreadName('renamed');
      tracer.setProcessName('renamed process');
      tracer.setThreadSortIndex(-5);
      tracer.setProcessSortIndex(3);
      tracer.metadata('build', { version: '1.0', nested: { a: 1 } });
    });
    const metadata = events
      .filter(({ ph }) => ph === 'M')
      .map(({ name, args }) => [name, args] as const);
    assert.deepEqual(metadata[0], ['process_name', { name: 'the process' }]);
    assert.deepEqual(metadata.slice(2), [
      ['thread_name', { name: 'main' }],
      ['thread_name', { name: 'renamed' }],
      ['process_name', { name: 'renamed process' }],
      ['thread_sort_index', { sort_index: -5 }],
      ['process_sort_index', { sort_index: 3 }],
      ['build', { version: '1.0', nested: { a: 1 } }],
    ]);
    const [name, start] = metadata[1] ?? ['', {}];
    assert.equal(name, 'trace_start');
    const wall = Number(start['wallMicroseconds']) / 1000;
    assert.ok(wall >= before - 5 && wall <= Date.now() + 5);
    const monotonic = BigInt(String(start['monotonicNanoseconds']));
    assert.ok(monotonic > 0n && monotonic < process.hrtime.bigint());
  });
});

test('the global tracer is the one that was set, and one that records nothing without', async () => {
  await recordTrace({}, (tracer) => assert.equal(getGlobalTracer(), tracer));
  assert.equal(getGlobalTracer().enabled, false);
});
