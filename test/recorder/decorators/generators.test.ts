import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { traceAsyncFunction, traceFunction } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { callOf, callsOf, drawnAs, isInside, recordCalls } from './record-calls.js';

const step = traceFunction({ args: (n: number) => ({ n }) })(function step(n: number) {
  return n;
});

const count = traceFunction({ args: (to: number) => ({ to }) })(function* count(to: number) {
  for (let n = 1; n <= to; n++) yield step(n);
  return 'counted';
});

describe('a traced generator', () => {
  test('its span goes from its first step to its last', async () => {
    const recorded = await recordCalls(() => {
      const counting = count(2);
      step(0);
      assert.deepEqual(counting.next(), { value: 1, done: false });
      assert.deepEqual(counting.next(), { value: 2, done: false });
      assert.deepEqual(counting.next(), { value: 'counted', done: true });
      assert.deepEqual(counting.next(), { value: undefined, done: true });
      step(3);
    });
    const call = callOf(recorded, 'count');
    assert.deepEqual(call.args, { to: 2 });
    assert.equal(drawnAs(call), 'slice');
    const inside = callsOf(recorded, 'step').filter((other) => isInside(other, call));
    assert.deepEqual(
      inside.map(({ args }) => args['n']),
      [1, 2],
    );
  });

  test('it ends when its consumer stops half way, as its finally blocks run', async () => {
    let cleaned = 0;
    const read = traceFunction()(function* read() {
      try {
        yield 1;
        yield 2;
      } finally {
        cleaned++;
      }
    });
    const recorded = await recordCalls(() => {
      for (const value of read()) if (value === 1) break;
      const reading = read();
      reading.next();
      assert.deepEqual(reading.return('enough' as never), { value: 'enough', done: true });
    });
    assert.equal(cleaned, 2);
    assert.deepEqual(
      callsOf(recorded, 'read').map(({ args }) => args),
      [{}, {}],
    );
    assert.equal(recorded.stats.openSpans, 0);
  });

  test('it shows what it throws, which its consumer gets as it is', async () => {
    const error = new RangeError('out of numbers');
    const fail = traceFunction()(function* fail() {
      yield 1;
      throw error;
    });
    const recorded = await recordCalls(() => {
      assert.throws(
        () => [...fail()],
        (thrown) => thrown === error,
      );
    });
    assert.deepEqual(callOf(recorded, 'fail').args, { error: 'RangeError: out of numbers' });
  });

  test('it gets what its consumer sends and throws', async () => {
    const seen: unknown[] = [];
    const talk = traceFunction()(function* talk(): Generator<string, string, unknown> {
      seen.push(yield 'first');
      try {
        yield 'second';
      } catch (error) {
        seen.push(error);
      }
      yield 'third';
      return 'over';
    });
    const error = new Error('thrown in');
    const recorded = await recordCalls(() => {
      const talking = talk();
      assert.equal(talking.next('lost').value, 'first');
      assert.equal(talking.next('sent').value, 'second');
      assert.equal(talking.throw(error).value, 'third');
      assert.throws(
        () => talking.throw(error),
        (thrown) => thrown === error,
      );
    });
    assert.deepEqual(seen, ['sent', error]);
    assert.deepEqual(callOf(recorded, 'talk').args, { error: 'Error: thrown in' });
  });

  test('it checks its arguments when it is called', () => {
    const pick = traceFunction()(function* pick({ n }: { n: number }) {
      yield n;
    });
    assert.throws(() => pick(null as never), TypeError);
    assert.deepEqual([...pick({ n: 4 })], [4]);
  });

  test('it keeps this, and looks like the generator that it is', async () => {
    function* own(this: number[]) {
      yield* this;
    }
    const traced = traceFunction()(own);
    await recordCalls(() => {
      const values = traced.call([1, 2]);
      assert.ok(values instanceof traced);
      assert.ok(values instanceof own);
      assert.equal(Object.prototype.toString.call(values), '[object Generator]');
      assert.equal(values[Symbol.iterator](), values);
      assert.deepEqual([...values], [1, 2]);
    });
  });

  test('one that is never begun has no span', async () => {
    const recorded = await recordCalls(() => {
      count(1);
      count(2).return('not today');
    });
    assert.deepEqual(recorded.calls, []);
    assert.equal(recorded.stats.events, 0);
  });

  test('one that is left half way has an unfinished span', async () => {
    const { events, stats } = await recordTrace({}, () => {
      count(9).next();
    });
    const counts = events.filter(({ name }) => name === 'count');
    assert.deepEqual(
      counts.map(({ ph }) => ph),
      ['B'],
    );
    assert.equal(stats.openSpans, 1);
  });

  test('two that take turns each have a whole span', async () => {
    const recorded = await recordCalls(() => {
      const [a, b] = [count(2), count(2)];
      for (const counting of [a, b, a, b, a, b]) counting.next();
    });
    assert.equal(callsOf(recorded, 'count').length, 2);
    assert.equal(callsOf(recorded, 'step').length, 4);
    assert.equal(recorded.stats.openSpans, 0);
  });

  test('they nest where one yields another, a generator in itself too', async () => {
    const walk = traceFunction({ args: (depth: number) => ({ depth }) })(function* walk(
      depth: number,
    ): Generator<number> {
      yield depth;
      if (depth < 3) yield* traced(depth + 1);
    });
    const traced = walk;
    const recorded = await recordCalls(() => assert.deepEqual([...walk(0)], [0, 1, 2, 3]));
    assert.deepEqual(
      recorded.calls.map(({ args, depth }) => [args['depth'], depth]),
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    );
  });

  test('a second wrapper covers the iteration too', async () => {
    const twice = traceFunction({ name: 'outside' })(count);
    const recorded = await recordCalls(() => assert.deepEqual([...twice(2)], [1, 2]));
    assert.ok(isInside(callOf(recorded, 'count'), callOf(recorded, 'outside')));
  });

  test('it just runs when nothing is recorded', async () => {
    assert.deepEqual([...count(3)], [1, 2, 3]);
    await recordCalls(() => assert.deepEqual([...count(3)], [1, 2, 3]), { enabled: false });
    const recorded = await recordCalls(() => assert.deepEqual([...count(3)], [1, 2, 3]), {
      categories: '-function',
    });
    assert.deepEqual(recorded.calls, []);
  });
});

for (const [name, decorator] of [
  ['traceFunction', traceFunction],
  ['traceAsyncFunction', traceAsyncFunction],
] as const) {
  describe(`an async generator wrapped by ${name}`, () => {
    const load = traceAsyncFunction({ args: (n: number) => ({ n }) })(async function load(
      n: number,
    ) {
      await null;
      return n;
    });
    const pages = decorator({ name: 'pages', args: (to: number) => ({ to }) })(async function* (
      to: number,
    ): AsyncGenerator<number, string, unknown> {
      for (let n = 1; n <= to; n++) yield load(n);
      return 'all';
    });

    test('what it does is drawn inside it, and what its consumer does is not', async () => {
      const recorded = await recordCalls(async () => {
        for await (const page of pages(2)) await load(10 * page);
      });
      const call = callOf(recorded, 'pages');
      assert.deepEqual(call.args, { to: 2 });
      const loads = callsOf(recorded, 'load');
      assert.deepEqual(
        loads.map(({ args, track }) => [args['n'], track === call.track]),
        [
          [1, true],
          [10, false],
          [2, true],
          [20, false],
        ],
      );
      for (const inner of loads) assert.ok(isInside(inner, call));
    });

    test('it ends when its consumer stops half way, after its finally blocks', async () => {
      const read = decorator({ name: 'read' })(async function* () {
        try {
          yield 1;
          yield 2;
        } finally {
          await load(0);
        }
      });
      const recorded = await recordCalls(async () => {
        for await (const value of read()) if (value === 1) break;
      });
      const call = callOf(recorded, 'read');
      assert.deepEqual(call.args, {});
      assert.ok(isInside(callOf(recorded, 'load'), call));
    });

    test('it shows what it throws, which its consumer gets as it is', async () => {
      const error = new RangeError('no more pages');
      const fail = decorator({ name: 'fail' })(async function* () {
        yield 1;
        throw error;
      });
      const recorded = await recordCalls(async () => {
        const values = [];
        try {
          for await (const value of fail()) values.push(value);
          assert.fail('nothing was thrown');
        } catch (thrown) {
          assert.equal(thrown, error);
        }
        assert.deepEqual(values, [1]);
      });
      assert.deepEqual(callOf(recorded, 'fail').args, { error: 'RangeError: no more pages' });
    });

    test('it gets what its consumer sends and throws', async () => {
      const seen: unknown[] = [];
      const talk = decorator({ name: 'talk' })(async function* (): AsyncGenerator<
        string,
        string,
        unknown
      > {
        seen.push(yield 'first');
        try {
          yield 'second';
        } catch (error) {
          seen.push(error);
        }
        return 'over';
      });
      const error = new Error('thrown in');
      const recorded = await recordCalls(async () => {
        const talking = talk();
        assert.deepEqual(await talking.next('lost'), { value: 'first', done: false });
        assert.deepEqual(await talking.next('sent'), { value: 'second', done: false });
        assert.deepEqual(await talking.throw(error), { value: 'over', done: true });
      });
      assert.deepEqual(seen, ['sent', error]);
      assert.deepEqual(callOf(recorded, 'talk').args, {});
    });

    test('it answers requests that come before it is ready, in order', async () => {
      await recordCalls(async () => {
        const turning = pages(2);
        assert.deepEqual(await Promise.all([turning.next(), turning.next(), turning.next()]), [
          { value: 1, done: false },
          { value: 2, done: false },
          { value: 'all', done: true },
        ]);
      });
    });

    test('it looks like the generator that it is', async () => {
      await recordCalls(async () => {
        const turning = pages(1);
        assert.ok(turning instanceof pages);
        assert.equal(turning[Symbol.asyncIterator](), turning);
        assert.equal(Object.prototype.toString.call(turning), '[object AsyncGenerator]');
        await turning.return('enough');
      });
    });

    test('it just runs when nothing is recorded', async () => {
      const turning = pages(1);
      assert.deepEqual(await turning.next(), { value: 1, done: false });
      assert.deepEqual(await turning.next(), { value: 'all', done: true });
    });
  });
}
