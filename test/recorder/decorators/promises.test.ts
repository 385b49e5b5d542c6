import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { traceAsyncFunction, traceFunction } from 'tracelane';
import { ownArguments, type RecordedEvent } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';
import { callOf, drawnAs, recordCalls } from './record-calls.js';

/** A promise of a class of its own. */
class Task<T> extends Promise<T> {
  readonly kind = 'task';
}

const decorators = [
  ['traceFunction', traceFunction],
  ['traceAsyncFunction', traceAsyncFunction],
] as const;

for (const [name, decorator] of decorators) {
  describe(`a promise from a function wrapped by ${name}`, () => {
    test('it has the same value, and the span ends with it', async () => {
      const value = {};
      let resolve: (result: object) => void = () => {};
      const load = decorator()(function load(): Promise<object> {
        return new Promise((resolved) => {
          resolve = resolved;
        });
      });
      const settle = traceFunction()(function settle() {
        resolve(value);
      });
      const recorded = await recordCalls(async () => {
        const loading = load();
        settle();
        assert.equal(await loading, value);
      });
      assert.equal(drawnAs(callOf(recorded, 'load')), 'operation');
      assert.ok(callOf(recorded, 'load').end > callOf(recorded, 'settle').start);
    });

    test('it is rejected with the same error, which the span shows', async () => {
      const error = new RangeError('too far');
      const load = decorator({ args: { of: 'test' } })(function load() {
        return Promise.reject(error);
      });
      const recorded = await recordCalls(() =>
        load().then(assert.fail, (thrown) => assert.equal(thrown, error)),
      );
      const { args } = callOf(recorded, 'load');
      assert.deepEqual(args, { of: 'test', error: 'RangeError: too far' });
    });

    test('it stays a native promise', async () => {
      const load = decorator()(async function load() {
        return 1;
      });
      await recordCalls(async () => {
        const loading = load();
        assert.equal(Object.getPrototypeOf(loading), Promise.prototype);
        await loading;
      });
    });

    test('one of another class is returned as it is', async () => {
      const task = Task.resolve(3);
      const load = decorator()(function load() {
        return task;
      });
      const recorded = await recordCalls(async () => {
        assert.equal(load(), task);
        assert.equal(await task, 3);
      });
      assert.equal(drawnAs(callOf(recorded, 'load')), 'operation');
      assert.equal(recorded.stats.openSpans, 0);
    });

    test('one with properties of its own is returned as it is', async () => {
      const error = new Error('killed');
      const spawn = decorator()(function spawn(child: Promise<never>) {
        return child;
      });
      const recorded = await recordCalls(async () => {
        const child = Object.assign(Promise.reject(error), { kill: () => true });
        assert.equal(spawn(child), child);
        await assert.rejects(child, error);
      });
      assert.deepEqual(callOf(recorded, 'spawn').args, { error: 'Error: killed' });
    });

    test('one that nobody may ask is returned as it is', async () => {
      class Secret extends Promise<number> {
        // biome-ignore lint/suspicious/noThenProperty: what a promise of a library may do.
        override then(): never {
          throw new Error('do not ask');
        }
      }
      const load = decorator()((secret: object) => secret);
      const recorded = await recordCalls(() => {
        const secret = new Secret(() => {});
        assert.equal(load(secret), secret);
      });
      assert.equal(recorded.stats.events, 1);
    });

    test('one that starts to work when it is asked is not asked', async () => {
      let asked = 0;
      class Lazy extends Promise<number> {
        // biome-ignore lint/suspicious/noThenProperty: what a promise of a library may do.
        override then(): never {
          asked++;
          return undefined as never;
        }
      }
      const load = decorator()((lazy: object) => lazy);
      await recordCalls(() => {
        const lazy = new Lazy(() => {});
        assert.equal(load(lazy), lazy);
      });
      assert.equal(asked, 0);
    });

    test('one that the program handles disturbs nobody', async () => {
      const load = decorator()(() => Promise.reject(new Error('expected')));
      const seen: unknown[] = [];
      const onUnhandled = (error: unknown) => seen.push(error);
      process.on('unhandledRejection', onUnhandled);
      await recordCalls(async () => {
        await load().catch(() => {});
        await new Promise(setImmediate);
      });
      process.off('unhandledRejection', onUnhandled);
      assert.deepEqual(seen, []);
    });
  });
}

describe('a rejection that nobody handles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
  after(() => rmSync(folder, { recursive: true }));
  const program = fileURLToPath(new URL('./programs/forget-rejection.js', import.meta.url));

  for (const which of [
    'async function',
    'plain function',
    'traceAsyncFunction of an async function',
    'traceAsyncFunction of a plain function',
  ]) {
    const file = join(folder, `${which}.json`);
    const run = (...handling: string[]) =>
      spawnSync(process.execPath, [program, file, which, ...handling], {
        encoding: 'utf8',
        timeout: 20_000,
      });

    test(`it still ends the process: ${which}`, () => {
      const { status, stderr } = run();
      assert.equal(status, 1, stderr);
      assert.match(stderr, /Error: nobody looks/);
      const text = readFileSync(file, 'utf8');
      assert.deepEqual(checkTrace(text), []);
      const events: RecordedEvent[] = JSON.parse(text);
      const args = events
        .filter(({ name }) => name === 'failing')
        .map((event) => ownArguments(event.args));
      assert.deepEqual(args, [{}, { error: 'Error: nobody looks' }]);
    });

    test(`one that is handled does not: ${which}`, () => {
      const { status, stdout, stderr } = run('catch');
      assert.deepEqual([status, stdout, stderr], [0, 'caught\n', '']);
    });
  }
});
