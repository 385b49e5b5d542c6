import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Args, type TraceEvent, type Tracer, traceFunction } from 'tracelane';
import { recordTrace } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { hostileName, hostileValue, plainArgs } from './hostile-values.js';

const CASES = 100_000;
/** Cases in one trace, which is checked as a whole. */
const BATCH = 2000;

type Values = readonly [name: string, category: string, id: string, args: Args];

/** Each method of the public API, called with whatever there is. */
const CALLS: readonly ((tracer: Tracer, values: Values) => unknown)[] = [
  (t, [name, category, , args]) => t.span(name, category, args).end(args),
  (t, [name, category, , args]) => t.trace(name, () => t.span('inner').end(), category, args),
  (t, [name, category, , args]) => t.instant(name, category, args, category as 'thread'),
  (t, [name, category, , args]) => t.counter(name, args as unknown as number, category),
  (t, [name, category, , args]) => t.complete(name, args as unknown as number, 1, category, args),
  (t, [name, category, , args]) => t.complete(name, performance.now(), 0, category, args),
  (t, [name, category, , args]) => t.endSpan(t.beginSpan(name, category, args), args),
  (t, [name, category, id, args]) => {
    const operation = t.asyncBegin(name, id, category, args);
    t.asyncInstant(operation, name, category, args);
    t.asyncEnd(operation, args);
  },
  (t, [name, category, id, args]) => {
    const flow = t.flowStart(name, id, category, args);
    t.flowStep(flow, args);
    t.flowEnd(flow, args);
  },
  (t, [, , id, args]) => t.asyncEnd(id, args),
  (t, [, , id, args]) => t.endSpan(id as unknown as number, args),
  (t, [name, category, id, args]) =>
    t.emit({ name, cat: category, ph: 'b', id, args, ts: args } as unknown as TraceEvent),
  (t, [, , , args]) => t.emit(args as unknown as TraceEvent),
  (t, [name, , , args]) => t.metadata(`m ${typeof name}`, args),
  (t, [name]) => t.setThreadName(name),
  (t, [, , , args]) => t.setProcessSortIndex(args as unknown as number),
  (_t, [name, category, , args]) => {
    // A decorator is the program's own code: its options are looked at when it is made.
    if (typeof name !== 'string' || typeof category !== 'string') return;
    traceFunction({ name, category, args: () => args })(() => {})();
  },
];

const hostileCall = fc.tuple(
  fc.constantFrom(...CALLS),
  fc.tuple(hostileName, hostileName, hostileName, hostileValue),
);

describe('input of any kind', () => {
  test(`throws nowhere and leaves a file that viewers read: ${CASES} calls`, async () => {
    for (let done = 0; done < CASES; done += BATCH) {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const calls = fc.sample(hostileCall, { numRuns: BATCH, seed });
      const { text, stats } = await recordTrace({ writer: 'inline' }, (tracer) => {
        for (const [call, values] of calls) {
          const made = values.map((make) => make()) as unknown as Values;
          assert.doesNotThrow(() => call(tracer, made), `seed ${seed}, ${String(call)}`);
        }
      });
      assert.deepEqual(checkTrace(text).slice(0, 5), [], `seed ${seed}`);
      assert.deepEqual([stats.dropped, stats.lost, stats.openSpans], [0, 0, 0], `seed ${seed}`);
    }
  });

  test('of the plain kind comes back as it was', async () => {
    const all = fc.sample(plainArgs, { numRuns: 3000 });
    const { events } = await recordTrace({ writer: 'inline' }, (tracer) => {
      for (const args of all) tracer.instant('plain', 'c', args);
    });
    const plain = events.filter(({ name }) => name === 'plain');
    assert.equal(plain.length, all.length);
    for (const [i, { args }] of plain.entries()) {
      const sent = JSON.parse(JSON.stringify(all[i]).toWellFormed()) as object;
      assert.deepEqual({ ...args }, sent);
    }
  });

  test('keeps what is sound beside what is not', async () => {
    const bad = fc.sample(hostileValue, { numRuns: 2000 });
    const { events } = await recordTrace({ writer: 'inline' }, (tracer) => {
      for (const make of bad) {
        tracer.instant('mixed', 'c', { before: 1, bad: make(), after: 'x' });
      }
    });
    const mixed = events.filter(({ name }) => name === 'mixed');
    assert.equal(mixed.length, bad.length);
    for (const { args } of mixed) assert.deepEqual([args['before'], args['after']], [1, 'x']);
  });
});

describe('input that is enormous', () => {
  for (const [what, make] of [
    ['a string of 5 MB', () => ({ text: 'ü'.repeat(2_500_000) })],
    [
      '10,000 keys',
      () => Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
    ],
    [
      'an array of a million',
      () => ({ list: Array.from({ length: 1_000_000 }, (_, i) => i % 10) }),
    ],
  ] as const) {
    test(`is kept, or cut where it says so: ${what}`, async () => {
      const sent = make();
      const { events, text, stats } = await recordTrace({}, (tracer) =>
        tracer.instant('huge', 'c', sent as Args),
      );
      assert.deepEqual(checkTrace(text), []);
      assert.equal(stats.dropped, 0);
      const huge = events.find(({ name }) => name === 'huge');
      if (what.startsWith('an array'))
        assert.match(JSON.stringify(huge?.args), /\[cut: \d+ more\]/);
      else assert.deepEqual({ ...huge?.args }, sent);
    });
  }

  test('is cut where it is 10,000 levels deep', async () => {
    let deep: object = {};
    for (let i = 0; i < 10_000; i++) deep = { deep };
    const { events, text } = await recordTrace({}, (tracer) =>
      tracer.instant('deep', 'c', { deep, after: 1 }),
    );
    assert.deepEqual(checkTrace(text), []);
    assert.equal(events.find(({ name }) => name === 'deep')?.args['after'], 1);
  });
});
