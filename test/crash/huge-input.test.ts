import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Args, TraceEvent, Tracer } from 'tracelane';
import { repetitions } from '../effort.js';
import { type RecordedTrace, recordTrace } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';

/** What the calls leave: a file without findings. */
async function recorded(body: (tracer: Tracer) => unknown): Promise<RecordedTrace> {
  const trace = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(
    checkTrace(trace.text)
      .slice(0, 3)
      .map(({ rule, message }) => `${rule}: ${message}`.slice(0, 1000)),
    [],
  );
  return trace;
}

/** The ways that arguments take into the file, each of which records an event named 'x'. */
const WAYS: Readonly<Record<string, (tracer: Tracer, args: Args) => void>> = {
  'of a span': (tracer, args) => tracer.span('x', 'c', args).end(),
  'of the end of a span': (tracer, args) => tracer.span('x', 'c', { begin: 1 }).end(args),
  'of a span that stays open': (tracer, args) => void tracer.span('x', 'c', args),
  'of an instant': (tracer, args) => tracer.instant('x', 'c', args),
  'of an async operation': (tracer, args) =>
    tracer.asyncEnd(tracer.asyncBegin('x', 'id', 'c', args), args),
  'of a flow': (tracer, args) => {
    using _around = tracer.span('around');
    tracer.flowEnd(tracer.flowStart('x', 'id', 'c', args), args);
  },
  'of metadata': (tracer, args) => tracer.metadata('x', args),
  'of an event that is emitted': (tracer, args) => tracer.emit({ name: 'x', ph: 'i', args }),
};

const LENGTH = repetitions(5 * 1024 * 1024, { quick: 1024 * 1024 });
const KEYS = 10_000;
const LEVELS = 10_000;

function nested(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < LEVELS; level++) value = wrap(value);
  return value;
}

const DEEP: Readonly<Record<string, unknown>> = {
  objects: nested((inner) => ({ inner })),
  arrays: nested((inner) => [inner]),
  maps: nested((inner) => new Map([['inner', inner]])),
  sets: nested((inner) => new Set([inner])),
  causes: nested((cause) => new Error('x', { cause })),
  'results of toJSON': nested((inner) => ({ toJSON: () => inner })),
  // Each look at it takes a place on the stack for every level.
  proxies: nested((inner) => new Proxy(typeof inner === 'string' ? {} : (inner as object), {})),
};

describe(`arguments that are huge are kept, or cut with those beside them kept:`, () => {
  for (const [way, record] of Object.entries(WAYS)) {
    test(`texts of ${LENGTH} characters, ${KEYS} keys and ${LEVELS} levels ${way}`, async () => {
      for (const letter of ['x', '界', '\u0000', '\ud83d']) {
        const text = letter.repeat(LENGTH);
        const { events } = await recorded((tracer) => record(tracer, { text, after: 1 }));
        const args = events.find(({ name }) => name === 'x')?.args;
        assert.ok(args?.['text'] === text.toWellFormed(), `all of ${JSON.stringify(letter)}`);
        assert.equal(args['after'], 1);
      }
      const keys = Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [`key ${i}`, i]));
      const wide = await recorded((tracer) => record(tracer, keys));
      const { begin: _, ...args } = wide.events.find(({ name }) => name === 'x')?.args ?? {};
      assert.deepEqual(args, keys);

      for (const [what, deep] of Object.entries(DEEP)) {
        const trace = await recorded((tracer) => record(tracer, { before: 1, deep, after: 2 }));
        const shown = trace.events.find(({ name }) => name === 'x')?.args;
        assert.deepEqual([shown?.['before'], shown?.['after']], [1, 2], `beside ${what}`);
      }
    });
  }
});

test('a text of megabytes may stand wherever a text can', async () => {
  const text = '\ud83d"'.repeat(LENGTH / 2);
  const { events, stats } = await recorded((tracer) => {
    tracer.span(text, text, { [text]: 1 }).end({ end: Symbol(text) });
    tracer.asyncEnd(tracer.asyncBegin('async', text));
    tracer.flowEnd(tracer.flowStart('flow', text));
    tracer.setThreadName(text);
    tracer.setProcessName(text);
    tracer.counter(text, { [text]: 1 });
    tracer.emit({ name: text, cat: text, ph: 'i' });
    tracer.emit({ name: 'async of its own', ph: 'b', id: text });
    assert.throws(() =>
      tracer.trace('throws', () => {
        throw new Error(text);
      }),
    );
  });
  for (const name of ['async', 'flow', 'async of its own', 'throws'])
    assert.ok(events.some((event) => event.name === name));
  assert.equal(stats.dropped, 0);
});

test(`a counter of ${KEYS} series is kept whole`, async () => {
  const series = Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [`s${i}`, i / 2]));
  const { events } = await recorded((tracer) => tracer.counter('x', series));
  assert.deepEqual(events.find(({ name }) => name === 'x')?.args, series);
});

test('an array without an end is cut', async () => {
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  const { events } = await recorded((tracer) => tracer.instant('x', 'c', { before: 1, sparse }));
  const { before, sparse: cut } = events.find(({ name }) => name === 'x')?.args ?? {};
  assert.equal(before, 1);
  assert.match(String((cut as unknown[]).at(-1)), /^\[cut: \d+ more\]$/);
});

test('arrays that hold the same array twice, at every level, are cut', async () => {
  const twice = nested((inner) => [inner, inner]);
  const { events } = await recorded((tracer) => tracer.instant('x', 'c', { before: 1, twice }));
  assert.equal(events.find(({ name }) => name === 'x')?.args['before'], 1);
});

test('an event that is emitted stays one, however much comes before its name', async () => {
  const { events } = await recorded((tracer) => {
    tracer.emit({ much: Array(300_000).fill(0), name: 'x', ph: 'i' } as unknown as TraceEvent);
  });
  assert.equal(events.filter(({ name }) => name === 'x').length, 1);
});
