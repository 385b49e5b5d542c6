import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getGlobalTracer, setGlobalTracer, traceFunction } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { callOf, callsOf, drawnAs, isInside, recordCalls } from './record-calls.js';

describe('a function wrapped by traceFunction', () => {
  test('it has a span for each call, by its name and in the category function', async () => {
    const double = traceFunction()(function double(n: number) {
      return 2 * n;
    });
    const recorded = await recordCalls(() => [double(1), double(2)]);
    assert.deepEqual(
      recorded.calls.map(({ name, category, args, depth }) => ({ name, category, args, depth })),
      [
        { name: 'double', category: 'function', args: {}, depth: 0 },
        { name: 'double', category: 'function', args: {}, depth: 0 },
      ],
    );
    assert.equal(recorded.stats.events, 2);
    assert.equal(recorded.stats.openSpans, 0);
  });

  test('it takes its name and category from the options', async () => {
    const load = traceFunction({ name: 'config.load', category: 'io' })(() => 1);
    const call = callOf(await recordCalls(() => load()), 'config.load');
    assert.equal(call.category, 'io');
  });

  test('it has a name in the trace also where it has none in the program', async () => {
    const recorded = await recordCalls(() => traceFunction()(() => 1)());
    assert.deepEqual(
      recorded.calls.map(({ name }) => name),
      ['(anonymous)'],
    );
  });

  test('it is recorded also if its property name is no string', async () => {
    function load() {}
    Object.defineProperty(load, 'name', { value: () => 'load' });
    const recorded = await recordCalls(() => traceFunction()(load)());
    assert.equal(recorded.calls.length, 1);
    assert.equal(recorded.stats.invalid, 0);
  });

  test('it is called with the same this and the same arguments', async () => {
    const seen: unknown[] = [];
    const spy = traceFunction({ name: 'spy' })(function (this: unknown, ...args: unknown[]) {
      seen.push(this, ...args);
    });
    const self = { id: 1 };
    const argument = { id: 2 };
    await recordCalls(() => {
      spy.call(self, argument, undefined, argument);
      spy.call(undefined);
    });
    assert.equal(seen.length, 5);
    assert.equal(seen[0], self);
    assert.equal(seen[1], argument);
    assert.deepEqual(seen.slice(2), [undefined, argument, undefined]);
  });

  test('it returns the same value', async () => {
    const value = {};
    const get = traceFunction()(function get() {
      return value;
    });
    await recordCalls(() => assert.equal(get(), value));
  });

  test('it returns a thenable that is no promise untouched', async () => {
    let asked = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: a query that runs when it is awaited.
      get then() {
        asked++;
        return undefined;
      },
    };
    const build = traceFunction()(function build() {
      return query;
    });
    const recorded = await recordCalls(() => {
      assert.equal(build(), query);
    });
    assert.equal(asked, 0);
    assert.equal(drawnAs(callOf(recorded, 'build')), 'slice');
  });

  test('it throws the same error, and shows it in its span', async () => {
    for (const [thrown, shown] of [
      [new RangeError('too far'), 'RangeError: too far'],
      ['a string', 'a string'],
      [undefined, 'undefined'],
      [{ code: 3 }, '{"code":3}'],
    ]) {
      const fail = traceFunction({ args: { of: 'test' } })(function fail() {
        throw thrown;
      });
      const recorded = await recordCalls(() => {
        const before = {};
        let caught: unknown = before;
        try {
          fail();
        } catch (error) {
          caught = error;
        }
        assert.equal(caught, thrown);
      });
      assert.deepEqual(callOf(recorded, 'fail').args, { of: 'test', error: shown });
    }
  });

  test('it keeps its name, length and properties', () => {
    const key = Symbol('key');
    function fn(a: number, b: number, c = 3) {
      return a + b + c;
    }
    Object.assign(fn, { version: 2, [key]: 'x' });
    Object.defineProperty(fn, 'hidden', { value: 4 });
    Object.defineProperty(fn, 'computed', { get: () => 5 });
    const wrapped = traceFunction({ name: 'other' })(fn);
    assert.equal(wrapped.name, 'fn');
    assert.equal(wrapped.length, 2);
    assert.deepEqual(Object.getOwnPropertyDescriptors(wrapped), {
      ...Object.getOwnPropertyDescriptors(wrapped),
      ...Object.getOwnPropertyDescriptors(fn),
    });
  });

  test('it can be called with new, and makes the same instances', async () => {
    function Point(this: { x: number; target: unknown }, x: number) {
      this.x = x;
      this.target = new.target;
    }
    Point.prototype.double = function double(this: { x: number }) {
      return 2 * this.x;
    };
    const Traced = traceFunction({ args: (x: number) => ({ x }) })(Point) as unknown as new (
      x: number,
    ) => { x: number; target: unknown; double(): number };
    class Derived extends Traced {}

    const recorded = await recordCalls(() => {
      const point = new Traced(4);
      assert.ok(point instanceof Traced);
      assert.ok(point instanceof Point);
      assert.equal(point.double(), 8);
      assert.equal(point.target, Traced);
      const derived = new Derived(5);
      assert.ok(derived instanceof Derived);
      assert.equal(derived.target, Derived);
    });
    assert.deepEqual(
      callsOf(recorded, 'Point').map(({ args }) => args),
      [{ x: 4 }, { x: 5 }],
    );
  });

  test('it is constructed as without where it is a class, has been bound, or cannot be', async () => {
    abstract class Shape {
      constructor() {
        if (new.target === Shape) throw new Error('abstract');
      }
    }
    class Circle {
      readonly radius: number;
      constructor(radius: number) {
        this.radius = radius;
      }
    }
    // biome-ignore lint/suspicious/noExplicitAny: what cannot be constructed is constructed.
    type Any = any;
    const wrap = traceFunction() as unknown as (fn: unknown) => Any;
    const TracedShape = wrap(Shape);
    const Bound = wrap(Circle.bind(null, 7));
    class Square extends TracedShape {}
    const recorded = await recordCalls(() => {
      assert.throws(() => new TracedShape(), /abstract/);
      assert.ok(new Square() instanceof Shape);
      const circle = new Bound();
      assert.ok(circle instanceof Circle);
      assert.ok(circle instanceof Bound);
      assert.equal(circle.radius, 7);
    });
    assert.equal(callsOf(recorded, 'Shape').length, 2);
    assert.equal(Object.getOwnPropertyDescriptor(wrap(Circle), 'prototype')?.writable, false);
    const method = { method() {} }.method;
    for (const fn of [() => {}, method, async () => {}, function* () {}, async function* () {}]) {
      const traced = wrap(fn);
      assert.throws(() => new traced(), TypeError);
      assert.equal(traced.prototype, (fn as Any).prototype);
    }
  });

  test('it nests in the calls around it', async () => {
    const inner = traceFunction()(function inner() {});
    const outer = traceFunction()(function outer() {
      inner();
      inner();
    });
    const recorded = await recordCalls(() => outer());
    assert.deepEqual(
      recorded.calls.map(({ name, depth }) => [name, depth]),
      [
        ['outer', 0],
        ['inner', 1],
        ['inner', 1],
      ],
    );
  });

  test('it nests in itself', async () => {
    const sum = traceFunction({ args: (n: number) => ({ n }) })(function sum(n: number): number {
      return n === 0 ? 0 : n + traced(n - 1);
    });
    const traced = sum;
    const recorded = await recordCalls(() => assert.equal(sum(40), 820));
    assert.deepEqual(
      recorded.calls.map(({ depth, args }) => [depth, args['n']]),
      Array.from({ length: 41 }, (_, depth) => [depth, 40 - depth]),
    );
  });

  test('it is whole in the trace when an error leaves several calls at once', async () => {
    const inner = traceFunction()(function inner() {
      throw new Error('deep');
    });
    const outer = traceFunction()(function outer() {
      inner();
    });
    const recorded = await recordCalls(() => assert.throws(() => outer(), /deep/));
    assert.ok(isInside(callOf(recorded, 'inner'), callOf(recorded, 'outer')));
    assert.equal(callOf(recorded, 'inner').args['error'], 'Error: deep');
    assert.equal(callOf(recorded, 'outer').args['error'], 'Error: deep');
  });

  test('two wrappers record two spans', async () => {
    const twice = traceFunction({ name: 'outside' })(traceFunction({ name: 'inside' })(() => 7));
    const recorded = await recordCalls(() => assert.equal(twice(), 7));
    assert.ok(isInside(callOf(recorded, 'inside'), callOf(recorded, 'outside')));
  });
});

describe('the args option', () => {
  test('a constant object is shown in each span', async () => {
    const work = traceFunction({ name: 'work', args: { kind: 'batch', size: 3 } })(() => {});
    const recorded = await recordCalls(() => [work(), work()]);
    assert.deepEqual(
      recorded.calls.map(({ args }) => args),
      [
        { kind: 'batch', size: 3 },
        { kind: 'batch', size: 3 },
      ],
    );
  });

  test('a function makes them of the arguments and this of each call', async () => {
    const args = function (this: { id: number }, a: number, ...rest: string[]) {
      return { id: this.id, a, rest };
    };
    const work = traceFunction({ name: 'work', args })(function (
      this: { id: number },
      _a: number,
      ..._rest: string[]
    ) {});
    const call = callOf(await recordCalls(() => work.call({ id: 9 }, 1, 'x', 'y')), 'work');
    assert.deepEqual(call.args, { id: 9, a: 1, rest: ['x', 'y'] });
  });

  test('a function that throws leaves the call alone: it is counted, and the span has none', async () => {
    const args = () => {
      throw new Error('no arguments today');
    };
    const work = traceFunction({ name: 'work', args })((n: number) => n);
    const recorded = await recordCalls(() => assert.equal(work(5), 5));
    assert.deepEqual(callOf(recorded, 'work').args, {});
    assert.equal(recorded.stats.invalid, 1);
  });

  test('a function that gives no object leaves the call alone', async () => {
    for (const [result, invalid] of [
      ['text', 1],
      [undefined, 0],
      [null, 0],
    ]) {
      const work = traceFunction({ name: 'work', args: () => result as never })((n: number) => n);
      const recorded = await recordCalls(() => assert.equal(work(5), 5));
      assert.deepEqual(callOf(recorded, 'work').args, {});
      assert.equal(recorded.stats.invalid, invalid);
    }
  });

  test('a function may itself call what is traced', async () => {
    const size = traceFunction({ name: 'size' })((text: string) => text.length);
    const args = (text: string) => ({ size: size(text) });
    const work = traceFunction({ name: 'work', args })((text: string) => text);
    const recorded = await recordCalls(() => work('four'));
    assert.deepEqual(callOf(recorded, 'work').args, { size: 4 });
    assert.equal(callsOf(recorded, 'size').length, 1);
  });

  test('it is not asked for what is not recorded', async () => {
    let asked = 0;
    const args = () => ({ asked: asked++ });
    const work = traceFunction({ name: 'work', category: 'quiet', args })((n: number) => n);
    const recorded = await recordCalls(() => work(1), { categories: '*,-quiet' });
    await recordCalls(() => work(2), { enabled: false });
    work(3);
    assert.equal(asked, 0);
    assert.deepEqual(recorded.calls, []);
  });
});

describe('the tracer of a traced function', () => {
  const work = traceFunction({ name: 'work' })((n: number) => 2 * n);

  test('without one the function just runs', () => {
    assert.equal(getGlobalTracer().enabled, false);
    assert.equal(work(4), 8);
  });

  test('with one that is disabled the function just runs', async () => {
    const recorded = await recordCalls(() => assert.equal(work(4), 8), { enabled: false });
    assert.equal(recorded.stats.events, 0);
  });

  test('with one that has stopped the function just runs', async () => {
    const { stats } = await recordTrace({}, async (tracer) => {
      await tracer.stop();
      assert.equal(work(4), 8);
    });
    assert.equal(stats.events, 0);
  });

  test('where its category is filtered out the function just runs, within those that are not', async () => {
    const quiet = traceFunction({ name: 'quiet', category: 'quiet' })(() => work(1));
    const loud = traceFunction({ name: 'loud' })(() => quiet());
    const recorded = await recordCalls(() => assert.equal(loud(), 2), { categories: '-quiet' });
    assert.deepEqual(
      recorded.calls.map(({ name, depth }) => [name, depth]),
      [
        ['loud', 0],
        ['work', 1],
      ],
    );
  });

  test('it is the global one at the time of the call', async () => {
    const first = await recordCalls(() => work(1));
    const second = await recordCalls(() => [work(2), work(3)]);
    assert.deepEqual([first.calls.length, second.calls.length], [1, 2]);
  });

  test('a call ends in the trace in which it began', async () => {
    const swap = traceFunction({ name: 'swap' })(() => setGlobalTracer(undefined));
    const recorded = await recordCalls(() => swap());
    assert.equal(callsOf(recorded, 'swap').length, 1);
    assert.equal(recorded.stats.openSpans, 0);
  });

  test('a call that is under way when the trace stops is shown as unfinished', async () => {
    const { events, stats } = await recordTrace({}, (tracer) => {
      traceFunction({ name: 'stopper' })(() => tracer.stopSync())();
    });
    assert.deepEqual(
      events.filter(({ name }) => name === 'stopper').map(({ ph }) => ph),
      ['B'],
    );
    assert.equal(stats.openSpans, 1);
  });
});
