import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  isInside,
  type OperationSeen,
  operationsIn,
  Project,
  processNames,
  type Run,
} from '../runtime/run-traced.js';
import { checkTrace } from '../viewers/checker.js';
import { type DevToolsView, importIntoDevTools } from '../viewers/devtools.js';
import { importIntoSpeedscope, type SpeedscopeProfile } from '../viewers/speedscope.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/main.js', import.meta.url));
const SECONDS = '1';
/** What the handlers of these do is to ask for one price. */
const WITH_PRICE = ['GET /products/:id', 'POST /orders'];

describe('the example of a server', () => {
  let run: Run;
  let operations: readonly OperationSeen[];
  let devTools: DevToolsView;
  let profiles: readonly SpeedscopeProfile[];
  /** How often its customers had an answer, by the name of the request. */
  let answers: ReadonlyMap<string, number>;

  before(async () => {
    run = await new Project({}).node([EXAMPLES, 'server', SECONDS]);
    assert.equal(run.code, 0, run.stderr);
    answers = new Map(
      Array.from(run.stdout.matchAll(/^(\d+) × (.+)$/gm), ([, count, name = '']) => [
        name,
        Number(count),
      ]),
    );
    operations = operationsIn(run.events);
    devTools = await importIntoDevTools(run.text);
    profiles = await importIntoSpeedscope(run.text);
  });

  const named = (name: string) => operations.filter((operation) => operation.name === name);

  test('records the shop alone, without a fault', () => {
    assert.deepEqual(checkTrace(run.text), []);
    assert.deepEqual(processNames(run.events), ['shop.js']);
    assert.deepEqual(run.parts, []);
  });

  test('has each request that was answered, by its route', () => {
    assert.deepEqual([...answers.keys()].sort(), ['GET /products', ...WITH_PRICE]);
    for (const [name, count] of answers) {
      assert.ok(count > 0);
      assert.equal(named(name).length, count, name);
      assert.equal(devTools.asyncSlices.filter((slice) => slice.name === name).length, count, name);
    }
    const asked = WITH_PRICE.map((name) => answers.get(name) ?? 0).reduce((a, b) => a + b);
    assert.equal(named('GET /prices/:id').length, asked);
  });

  test('has what a request waits for inside it, and says which request that was', () => {
    const prices = operations.filter(({ name }) => name.startsWith('GET /prices/:id →'));
    for (const request of WITH_PRICE.flatMap(named)) {
      const { 'op.id': id, 'url.path': path } = request.args;
      const inside = prices.filter(({ args }) => args['op.root'] === id);
      assert.equal(inside.length, 1);
      assert.ok(inside.every((price) => isInside(price, request)));
      // An order says in its body what it is for.
      if (request.name === 'POST /orders') continue;
      const product = String(path).split('/').at(-1);
      assert.equal(inside[0]?.args['url.path'], `/prices/${product}`);
    }
  });

  const withoutQueries = isBuiltin('node:sqlite') ? false : 'this Node brings no SQLite along';
  test('has the queries of a request inside it', { skip: withoutQueries }, () => {
    const transaction = ['BEGIN', 'UPDATE products', 'INSERT orders', 'COMMIT'];
    const expected = {
      'GET /products': ['SELECT products'],
      'GET /products/:id': ['SELECT products'],
      'POST /orders': ['SELECT products', ...transaction],
    };
    const queries = run.events.filter(({ ph, cat }) => ph === 'X' && cat === 'db');
    for (const [name, statements] of Object.entries(expected)) {
      for (const { start, end = 0, args } of named(name)) {
        const own = queries.filter((query) => query.args['op.root'] === args['op.id']);
        assert.deepEqual(
          own.map((query) => query.name),
          statements,
        );
        assert.ok(own.every(({ ts, dur = 0 }) => ts > start && ts + dur < end));
      }
    }
  });

  test('shows on tracks of their own what the worker threads did', () => {
    const tracks = profiles.filter(({ name }) => /worker \d+: CPU samples/.test(name));
    assert.equal(tracks.length, 2);
    const sliceNames = (profile: SpeedscopeProfile) =>
      profile.slices.map(({ name }) => name.split(' {')[0]);
    assert.ok(tracks.flatMap(sliceNames).includes('writeReceipt'));
    const main = profiles.find(({ name }) => name.includes('main: CPU samples'));
    assert.ok(main !== undefined);
    assert.ok(sliceNames(main).includes('answerTo'));
    assert.ok(!sliceNames(main).includes('writeReceipt'));
  });

  test('shows collections of garbage, and how busy the threads were', () => {
    const { pid } = named('POST /orders')[0] ?? {};
    const main = devTools.threads.find((thread) => thread.pid === pid && thread.name === 'main');
    assert.ok(main?.slices.some(({ cat }) => cat === 'gc'));
    for (const thread of ['', ', worker 2', ', worker 3']) {
      const counters = run.events.filter(
        ({ ph, name }) => ph === 'C' && name === `event loop utilization (%)${thread}`,
      );
      const values = counters.map(({ args }) => Number(args['value']));
      assert.ok(values.some((value) => value > 0));
      assert.ok(values.every((value) => value >= 0 && value <= 100));
    }
  });

  test('says how to look at the trace, and where the time of its requests went', () => {
    assert.match(run.stderr, /Look at it: npx tracelane view trace\.json\n$/);
    const [, summary = ''] = run.stdout.split('$ npx tracelane summary trace.json --requests');
    for (const [name, count] of answers) {
      const row = summary.split('\n').find((line) => line.startsWith(`${name} `));
      assert.equal(Number(row?.slice(name.length).trim().split(' ')[0]), count);
    }
  });
});
