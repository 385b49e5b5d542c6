import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { traceAsyncFunction, traceFunction } from 'tracelane';
import { callOf, callsOf, drawnAs, isInside, recordCalls } from './record-calls.js';

describe('how a call is drawn', () => {
  const syncWork = () => 1;
  const asyncWork = async () => 1;
  const promisedWork = () => Promise.resolve(1);

  for (const [says, work, drawn, category] of [
    [
      'traceFunction of a plain function',
      traceFunction({ name: 'w' })(syncWork),
      'slice',
      'function',
    ],
    [
      'traceFunction of an async one',
      traceFunction({ name: 'w' })(asyncWork),
      'operation',
      'function',
    ],
    [
      'traceFunction of one that gives a promise',
      traceFunction({ name: 'w' })(promisedWork),
      'operation',
      'function',
    ],
    [
      'traceAsyncFunction of an async one',
      traceAsyncFunction({ name: 'w' })(asyncWork),
      'operation',
      'async_function',
    ],
    [
      'traceAsyncFunction of one that gives a promise',
      traceAsyncFunction({ name: 'w' })(promisedWork),
      'operation',
      'async_function',
    ],
    [
      'traceAsyncFunction of a plain function',
      traceAsyncFunction({ name: 'w' })(syncWork),
      'operation',
      'async_function',
    ],
  ] as const) {
    test(`${says}: as ${drawn === 'slice' ? 'a slice' : 'an operation'}`, async () => {
      const recorded = await recordCalls(async () => assert.equal(await work(), 1));
      const call = callOf(recorded, 'w');
      assert.deepEqual([drawnAs(call), call.category], [drawn, category]);
      const phases = recorded.events.filter(({ name }) => name === 'w').map(({ ph }) => ph);
      assert.deepEqual(phases, drawn === 'slice' ? ['X'] : ['b', 'e']);
      assert.equal(recorded.stats.events, 1);
    });
  }
});

describe('a function wrapped by traceAsyncFunction', () => {
  test('it is called with the same this and the same arguments', async () => {
    const seen: unknown[] = [];
    const spy = traceAsyncFunction({
      name: 'spy',
      args: (a: object) => ({ same: a === argument }),
    })(async function (this: unknown, ...args: unknown[]) {
      seen.push(this, ...args);
    });
    const self = { id: 1 };
    const argument = { id: 2 };
    const recorded = await recordCalls(() => spy.call(self, argument, undefined));
    assert.equal(seen[0], self);
    assert.equal(seen[1], argument);
    assert.deepEqual(seen.slice(2), [undefined]);
    assert.deepEqual(callOf(recorded, 'spy').args, { same: true });
  });

  test('it keeps its name, length and properties', () => {
    const fn = Object.assign(async (_a: number, _b: number) => {}, { version: 2 });
    const wrapped = traceAsyncFunction({ name: 'other' })(fn);
    assert.deepEqual(
      { ...Object.getOwnPropertyDescriptors(wrapped) },
      { ...Object.getOwnPropertyDescriptors(wrapped), ...Object.getOwnPropertyDescriptors(fn) },
    );
    assert.equal(wrapped.version, 2);
  });

  test('it is still an async function to those who look', async () => {
    const load = traceAsyncFunction()(async () => {});
    assert.equal(Object.prototype.toString.call(load), '[object AsyncFunction]');
  });

  test('it throws at once what it threw at once, and shows it', async () => {
    const error = new TypeError('no url');
    const load = traceAsyncFunction()(function load(): Promise<void> {
      throw error;
    });
    const recorded = await recordCalls(() => {
      assert.throws(
        () => load(),
        (thrown) => thrown === error,
      );
    });
    assert.deepEqual(callOf(recorded, 'load').args, { error: 'TypeError: no url' });
  });

  test('it can be called with new, and makes the same instances', async () => {
    class Connection {
      readonly url: string;
      readonly target: unknown;
      constructor(url: string) {
        this.url = url;
        this.target = new.target;
      }
    }
    const wrap = traceAsyncFunction() as unknown as (fn: unknown) => typeof Connection;
    const Traced = wrap(Connection);
    const recorded = await recordCalls(() => {
      const connection = new Traced('db:1');
      assert.ok(connection instanceof Connection);
      assert.equal(connection.url, 'db:1');
      assert.equal(connection.target, Connection);
    });
    assert.equal(callsOf(recorded, 'Connection').length, 1);
  });

  test('it just runs when nothing is recorded', async () => {
    const load = traceAsyncFunction({ name: 'load', category: 'io' })(async (n: number) => 2 * n);
    assert.equal(await load(2), 4);
    await recordCalls(async () => assert.equal(await load(2), 4), { enabled: false });
    const recorded = await recordCalls(async () => assert.equal(await load(2), 4), {
      categories: '-io',
    });
    assert.deepEqual(recorded.calls, []);
  });
});

describe('async calls inside each other', () => {
  const child = traceAsyncFunction()(async function child(steps: number) {
    for (let step = 0; step < steps; step++) await null;
    return steps;
  });

  test('one after the other they share the track of the call around them', async () => {
    const parent = traceAsyncFunction()(async function parent() {
      await child(1);
      await null;
      await child(2);
    });
    const recorded = await recordCalls(() => parent());
    const outer = callOf(recorded, 'parent');
    const inner = callsOf(recorded, 'child');
    assert.deepEqual(
      inner.map(({ track }) => track),
      [outer.track, outer.track],
    );
    for (const call of inner) assert.ok(isInside(call, outer));
  });

  test('in parallel each but the first has a track of its own', async () => {
    const parent = traceAsyncFunction()(async function parent() {
      await Promise.all([child(3), child(1), child(2)]);
      await child(1);
    });
    const recorded = await recordCalls(() => parent());
    const outer = callOf(recorded, 'parent');
    const [first, second, third, last] = callsOf(recorded, 'child');
    assert.equal(first?.track, outer.track);
    assert.equal(new Set([first?.track, second?.track, third?.track]).size, 3);
    assert.equal(last?.track, outer.track);
  });

  test('parents in parallel keep their children apart', async () => {
    const parent = traceAsyncFunction({ args: (n: number) => ({ n }) })(async function parent(
      n: number,
    ) {
      await named(n);
      await named(n);
    });
    const named = traceAsyncFunction({ name: 'named', args: (n: number) => ({ n }) })(child);
    const recorded = await recordCalls(() => Promise.all([parent(1), parent(2)]));
    for (const outer of callsOf(recorded, 'parent')) {
      const inner = callsOf(recorded, 'named').filter(({ args }) => args['n'] === outer.args['n']);
      assert.equal(inner.length, 2);
      for (const call of inner) {
        assert.equal(call.track, outer.track);
        assert.ok(isInside(call, outer));
      }
    }
  });

  test('they nest to any depth, a function in itself too', async () => {
    const down = traceAsyncFunction({ args: (n: number) => ({ n }) })(async function down(
      n: number,
    ): Promise<number> {
      await null;
      return n === 0 ? 0 : n + (await traced(n - 1));
    });
    const traced = down;
    const recorded = await recordCalls(async () => assert.equal(await down(20), 210));
    const calls = callsOf(recorded, 'down');
    assert.deepEqual(
      calls.map(({ args }) => args['n']),
      Array.from({ length: 21 }, (_, depth) => 20 - depth),
    );
    assert.equal(new Set(calls.map(({ track }) => track)).size, 1);
  });

  test('they find the call around them through timers, callbacks and plain traced functions', async () => {
    const plain = traceFunction()(function plain() {
      return child(1);
    });
    const parent = traceAsyncFunction()(async function parent() {
      await sleep(1);
      await new Promise((resolve) => setImmediate(() => child(1).then(resolve)));
      await plain();
    });
    const recorded = await recordCalls(() => parent());
    const { track } = callOf(recorded, 'parent');
    assert.deepEqual(
      callsOf(recorded, 'child').map((call) => call.track),
      [track, undefined].map((own, index) =>
        index === 0 ? own : callsOf(recorded, 'child')[1]?.track,
      ),
    );
    assert.equal(callsOf(recorded, 'child').length, 2);
  });

  test('inside a category that is not recorded they are inside the next call that is', async () => {
    const middle = traceAsyncFunction({ name: 'middle', category: 'quiet' })(() => child(1));
    const parent = traceAsyncFunction({ name: 'parent' })(() => middle());
    const recorded = await recordCalls(() => parent(), { categories: '-quiet' });
    assert.equal(callOf(recorded, 'child').track, callOf(recorded, 'parent').track);
    assert.equal(callsOf(recorded, 'middle').length, 0);
  });

  test('one that outlives the call around it has a whole span all the same', async () => {
    let late: Promise<number> | undefined;
    const parent = traceAsyncFunction()(async function parent() {
      late = child(5);
    });
    const recorded = await recordCalls(async () => {
      await parent();
      await late;
    });
    assert.ok(callOf(recorded, 'child').end > callOf(recorded, 'parent').end);
    assert.equal(recorded.stats.openSpans, 0);
  });

  test('one that begins after the call around it has ended has a track of its own', async () => {
    const parent = traceAsyncFunction()(async function parent() {
      return new Promise((done) => {
        setImmediate(() => done({ later: setImmediate(() => child(1).then(finish)) }));
      });
    });
    let finish: (value: unknown) => void = () => {};
    const finished = new Promise((resolve) => {
      finish = resolve;
    });
    const recorded = await recordCalls(async () => {
      await parent();
      await finished;
    });
    assert.ok(callOf(recorded, 'child').start > callOf(recorded, 'parent').end);
    assert.notEqual(callOf(recorded, 'child').track, callOf(recorded, 'parent').track);
  });

  test('plain calls inside one are drawn on their thread', async () => {
    const step = traceFunction()(function step() {});
    const parent = traceAsyncFunction()(async function parent() {
      step();
      await null;
      step();
    });
    const recorded = await recordCalls(() => parent());
    const outer = callOf(recorded, 'parent');
    for (const call of callsOf(recorded, 'step')) {
      assert.equal(drawnAs(call), 'slice');
      assert.ok(isInside(call, outer));
    }
    assert.equal(callsOf(recorded, 'step').length, 2);
  });
});
