import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Span, TraceError, type Tracer, traceFunction } from 'tracelane';
import { ownArguments, type RecordedEvent, recordTrace } from '../../record-trace.js';
import { runProgram } from '../../run-program.js';
import { checkTrace } from '../../viewers/checker.js';

/** What was recorded under a name: its events, in the order of time, and all arguments together. */
async function record(body: (tracer: Tracer) => unknown) {
  const { events, text, stats } = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(checkTrace(text), []);
  const named = (name: string): RecordedEvent[] =>
    events
      .filter((event) => event.name === name)
      .map((event) => ({ ...event, args: ownArguments(event.args) }))
      .sort((a, b) => a.ts - b.ts);
  return {
    stats,
    named,
    phases: (name: string) => named(name).map(({ ph }) => ph),
    args: (name: string) => Object.assign({}, ...named(name).map(({ args }) => args)),
    start: (name: string) => named(name)[0]?.ts ?? Number.NaN,
    end: (name: string) => {
      const last = named(name).at(-1);
      return (last?.ts ?? Number.NaN) + (last?.dur ?? 0);
    },
  };
}

describe('arguments of an open span', () => {
  test('are added as often as wanted, and the last one of a key stands', async () => {
    const { args, phases } = await record((tracer) => {
      const span = tracer.span('load', 'db', { table: 'users', rows: 0 });
      assert.equal(span.set({ rows: 1, cached: true }), span);
      tracer.span('inside').end();
      span.set({ rows: 2, deep: { list: [1, 'a'] } }).set({ note: 'x'.repeat(5000) });
      span.end({ ok: true });
    });
    assert.deepEqual(phases('load'), ['X']);
    assert.deepEqual(args('load'), {
      table: 'users',
      rows: 2,
      cached: true,
      deep: { list: [1, 'a'] },
      note: 'x'.repeat(5000),
      ok: true,
    });
  });

  test('may come when the begin has long been read by the writer', async () => {
    const { args } = await record(async (tracer) => {
      const span = tracer.span('long');
      await tracer.flush();
      for (let i = 0; i < 20_000; i++) tracer.instant('filler', 'c', { i });
      await tracer.flush();
      span.set({ late: 1 });
      await tracer.flush();
      span.end();
    });
    assert.deepEqual(args('long'), { late: 1 });
  });

  test('are shown where it is never ended', async () => {
    const { args, phases } = await record((tracer) => tracer.span('open').set({ step: 3 }));
    assert.deepEqual(phases('open'), ['B']);
    assert.deepEqual(args('open'), { step: 3 });
  });

  test('keep a thousand keys, and the span takes on no more', async () => {
    const { args } = await record((tracer) => {
      const span = tracer.span('many');
      for (let i = 0; i < 1200; i++) span.set({ [`key ${i}`]: i });
      span.set({ 'key 5': 'again' }).end();
    });
    assert.equal(Object.keys(args('many')).length, 1000);
    assert.equal(args('many')['key 5'], 'again');
  });

  test('that come after its end change nothing, and are counted', async () => {
    const { args, stats } = await record((tracer) => {
      const span = tracer.span('over');
      span.end();
      span.set({ late: 1 });
    });
    assert.deepEqual(args('over'), {});
    assert.equal(stats.unmatchedEnds, 1);
  });

  test('of a span that is not recorded go nowhere', async () => {
    const { stats, events } = await recordTrace({ categories: '-verbose' }, (tracer) => {
      tracer.trace('filtered', (span) => span.set({ a: 1 }).fail('x'), 'verbose');
    });
    assert.deepEqual([stats.events, stats.unmatchedEnds, stats.invalid], [0, 0, 0]);
    assert.ok(!events.some(({ name }) => name === 'filtered'));
  });
});

describe('fail()', () => {
  test('ends a span with the error among its arguments', async () => {
    const { args, stats } = await record((tracer) => {
      tracer.span('query').fail(new RangeError('too far'));
    });
    assert.deepEqual(args('query'), { error: 'RangeError: too far' });
    assert.equal(stats.openSpans, 0);
  });
});

describe('the span of trace() that the program ends itself', () => {
  const boom = new Error('boom');

  test('still shows the error that its function throws after an await', async () => {
    const { args, phases, start, end, stats } = await record(async (tracer) => {
      const call = tracer.trace('job', async (span) => {
        span.end({ rows: 5 });
        tracer.instant('went on');
        await sleep(1);
        throw boom;
      });
      await assert.rejects(call, boom);
    });
    assert.deepEqual(args('job'), { rows: 5, error: 'Error: boom' });
    assert.deepEqual(phases('job'), ['b', 'e']);
    // It is drawn to where it was ended.
    assert.ok(end('job') < start('went on'));
    assert.equal(stats.unmatchedEnds, 0);
  });

  test('does so where the function is not declared async, or throws at once', async () => {
    const { args, phases } = await record(async (tracer) => {
      const later = (span: Span) => {
        span.end({ rows: 5 });
        return Promise.reject(boom);
      };
      await assert.rejects(tracer.trace('later', later), boom);
      assert.throws(() => {
        tracer.trace('at once', (span) => {
          span.end({ rows: 6 });
          throw boom;
        });
      }, boom);
    });
    assert.deepEqual(args('later'), { rows: 5, error: 'Error: boom' });
    assert.deepEqual(args('at once'), { rows: 6, error: 'Error: boom' });
    assert.deepEqual(phases('at once'), ['X']);
  });

  test('is counted as ended twice if it is, and takes arguments until the function is over', async () => {
    const { args, stats } = await record(async (tracer) => {
      await tracer.trace('twice', async (span) => {
        span.end({ a: 1 });
        span.end({ b: 2 });
        await sleep(1);
        span.set({ c: 3 });
      });
    });
    assert.deepEqual(args('twice'), { a: 1, c: 3 });
    assert.equal(stats.unmatchedEnds, 1);
  });

  test('is shown as ended while its function goes on', async () => {
    let release = () => {};
    const { text } = await recordTrace({ writer: 'inline' }, async (tracer) => {
      void tracer.trace('goes on', (span) => {
        span.end({ a: 1 });
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      });
      await tracer.flush();
      assert.equal(tracer.stats().openSpans, 0);
    });
    release();
    const events: RecordedEvent[] = JSON.parse(text);
    const shown = events.filter(({ name }) => name === 'goes on');
    assert.deepEqual(
      shown.map(({ ph, args }) => [ph, ownArguments(args)]),
      [['X', { a: 1 }]],
    );
  });
});

describe('current()', () => {
  test('is the span of the call that the caller runs in, also after an await', async () => {
    const { args } = await record(async (tracer) => {
      await Promise.all(
        ['a', 'b'].map((name) =>
          tracer.trace(name, async () => {
            await sleep(2);
            tracer.current().set({ from: name });
            tracer.trace(`${name} inside`, () => tracer.current().set({ from: `${name} inside` }));
            tracer.current().set({ after: name });
          }),
        ),
      );
    });
    for (const name of ['a', 'b']) {
      assert.deepEqual(args(name), { from: name, after: name });
      assert.deepEqual(args(`${name} inside`), { from: `${name} inside` });
    }
  });

  test('is one that does nothing outside of all calls, and where the call is over', async () => {
    const { stats, args } = await record(async (tracer) => {
      tracer.current().set({ a: 1 }).end();
      let afterwards = Promise.resolve();
      tracer.trace('short', () => {
        afterwards = sleep(5).then(() => void tracer.current().set({ late: 1 }).end());
      });
      await afterwards;
      await tracer.stop();
      assert.equal(tracer.current().id, 0);
    });
    assert.deepEqual(args('short'), {});
    assert.equal(stats.unmatchedEnds, 0);
  });
});

/** A query as builders make them: it runs when it is awaited, each time. */
class Query {
  runs = 0;
  readonly #tracer: Tracer;
  readonly #fails: boolean;

  constructor(tracer: Tracer, fails = false) {
    this.#tracer = tracer;
    this.#fails = fails;
  }

  where(): this {
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: this is what makes it a query.
  then<A, B>(onValue?: (rows: string[]) => A, onError?: (error: unknown) => B): Promise<A | B> {
    this.runs++;
    const run = async () => {
      await this.#tracer.trace('wire', () => sleep(20));
      if (this.#fails) throw new Error('no such table');
      return ['row'];
    };
    return run().then(onValue, onError);
  }
}

describe('trace() of something with a then that is no promise', () => {
  test('lasts until it has settled, once somebody awaits it, and does not start it', async () => {
    const { phases, named, args, start, end } = await record(async (tracer) => {
      const query = new Query(tracer);
      const built = tracer.trace('query', () => query.where(), 'db', { table: 'users' });
      tracer.instant('built');
      assert.equal(built, query);
      await sleep(10);
      assert.equal(query.runs, 0);
      assert.deepEqual(await built.where(), ['row']);
      assert.deepEqual(await built, ['row']);
      assert.equal(query.runs, 2);
      assert.ok(!Object.hasOwn(query, 'then'));
    });
    assert.deepEqual(phases('query'), ['b', 'e']);
    assert.deepEqual(args('query'), { table: 'users' });
    assert.ok(start('query') < start('built') && start('built') < start('wire'));
    // What it does is drawn inside it, the second time beside it.
    const [first, second] = named('wire').filter(({ ph }) => ph === 'e');
    assert.ok(Number(first?.ts) < end('query') && end('query') < Number(second?.ts));
  });

  test('shows its error', async () => {
    const { args } = await record(async (tracer) => {
      const query = tracer.trace('query', () => new Query(tracer, true));
      await assert.rejects(async () => await query, /no such table/);
    });
    assert.deepEqual(args('query'), { error: 'Error: no such table' });
  });

  test('is the making of it where nobody awaits it', async () => {
    const { phases, stats, start, end } = await record(async (tracer) => {
      tracer.trace('query', () => new Query(tracer));
      tracer.instant('made');
      tracer.trace('frozen', () => Object.freeze(new Query(tracer)));
      await sleep(20);
    });
    assert.deepEqual(phases('query'), ['X']);
    assert.deepEqual(phases('frozen'), ['X']);
    assert.ok(end('query') < start('made'));
    assert.equal(stats.openSpans, 0);
  });

  test('leaves the track of its thread to others, also where a span in it was open as it was returned', async () => {
    const { phases, named } = await record(async (tracer) => {
      const around = tracer.span('around');
      let inner: Span | undefined;
      const query = tracer.trace('query', () => {
        inner = tracer.span('inner');
        return new Query(tracer);
      });
      const rows = query.then((all) => all);
      inner?.end();
      around.end();
      await rows;
      tracer
        .trace('unfinished', () => {
          tracer.span('left open');
          return new Query(tracer);
        })
        .then(() => {});
    });
    assert.deepEqual(phases('around'), ['X']);
    assert.deepEqual(phases('query'), ['b', 'e']);
    assert.equal(named('unfinished').length, 1, 'open, and written once');
  });

  test('leaves what the program does afterwards outside of it', async () => {
    const { named } = await record(async (tracer) => {
      await tracer
        .trace('query', () => new Query(tracer))
        .then(() => tracer.trace('use', () => {}));
      await tracer.trace('query 2', () => new Query(tracer));
      await tracer.trace('use 2', async () => {});
    });
    const ids = new Set(named('query').map(({ id }) => id));
    assert.ok(!named('use 2').some(({ id }) => ids.has(id)));
    assert.deepEqual(
      named('use').map(({ ph }) => ph),
      ['X'],
    );
  });

  test('gives the callbacks all that the object gives them, where it calls them', async () => {
    const { phases } = await record(async (tracer) => {
      const own = new AsyncLocalStorage<string>();
      const request = {
        // biome-ignore lint/suspicious/noThenProperty: as jQuery's has it.
        then(onValue: (this: object, ...values: unknown[]) => unknown) {
          return own.run('inside', () => Reflect.apply(onValue, request, ['data', 'success', 200]));
        },
      };
      const traced = tracer.trace('request', () => request);
      const seen = traced.then(function (...values) {
        return [this === request, own.getStore(), ...values];
      });
      assert.deepEqual(seen, [true, 'inside', 'data', 'success', 200]);
    });
    assert.deepEqual(phases('request'), ['b', 'e']);
  });

  test('leaves a then alone that has nothing to do with promises', async () => {
    const { phases } = await record(async (tracer) => {
      const steps: unknown[] = [];
      const scenario = {
        // biome-ignore lint/suspicious/noThenProperty: as tests in plain words have it.
        then: (...given: unknown[]) => steps.push(...given),
      };
      const check = () => {};
      tracer.trace('scenario', () => scenario).then('it rains', check);
      assert.deepEqual(steps, ['it rains', check]);
      assert.ok(!String(scenario.then).includes('traced'));
    });
    assert.deepEqual(phases('scenario'), ['X']);
  });

  test('is returned by thousands of calls without a frame of the stack for each', async () => {
    await record(async (tracer) => {
      // biome-ignore lint/suspicious/noThenProperty: a client that is ready when it is connected.
      const client = { then: (onValue: (value: string) => void) => onValue('connected') };
      for (let i = 0; i < 20_000; i++) tracer.trace('client', () => client);
      assert.equal(await client, 'connected');
    });
  });

  test('works for traced functions as well', async () => {
    const { phases, start, end } = await record(async (tracer) => {
      const find = traceFunction()(function find() {
        return new Query(tracer);
      });
      await find();
    });
    assert.deepEqual(phases('find'), ['b', 'e']);
    assert.ok(start('find') < start('wire') && end('wire') < end('find'));
  });
});

describe('trace() of an async generator', () => {
  test('lasts until its iteration ends', async () => {
    const { phases, start, end, args } = await record(async (tracer) => {
      const rows = tracer.trace('rows', async function* (span) {
        for (let i = 0; i < 3; i++) {
          await tracer.trace('read', () => sleep(2));
          span.set({ i });
          yield i;
        }
      });
      const seen: number[] = [];
      for await (const row of rows) seen.push(row);
      assert.deepEqual(seen, [0, 1, 2]);
    });
    assert.deepEqual(phases('rows'), ['b', 'e']);
    assert.deepEqual(args('rows'), { i: 2 });
    assert.ok(start('rows') < start('read') && end('read') < end('rows'));
  });

  test('ends where the consumer stops, and with what it throws', async () => {
    const { args, stats } = await record(async (tracer) => {
      const numbers = async function* () {
        yield 1;
        yield 2;
      };
      for await (const _ of tracer.trace('stopped', numbers)) break;
      const failing = tracer.trace('failing', async function* () {
        yield 1;
        throw new Error('lost');
      });
      await assert.rejects(async () => {
        for await (const _ of failing);
      }, /lost/);
      tracer.trace('never iterated', numbers);
    });
    assert.deepEqual(args('failing'), { error: 'Error: lost' });
    assert.deepEqual(args('stopped'), {});
    assert.equal(stats.openSpans, 0);
  });
});

describe('trace() without its function', () => {
  test('says the right order, whether anything is recorded or not', async () => {
    await record((tracer) => {
      for (const given of ['db', undefined, { a: 1 }]) {
        assert.throws(
          () => tracer.trace('query', given as never, (() => {}) as never),
          (error) =>
            error instanceof TraceError &&
            error.code === 'TRACELANE_BAD_CALL' &&
            /trace\(name, fn, category, args\)/.test(error.message),
        );
      }
    });
  });
});

describe('operations of other categories', () => {
  test('are drawn inside the one that they were started in, and say their own category', async () => {
    const { named } = await record((tracer) =>
      tracer.trace('request', async () => {
        await tracer.trace('query', () => sleep(1), 'db', { table: 'users' });
        await tracer.trace('send', () => sleep(1), 'http', { category: 'mine' });
      }),
    );
    const [request] = named('request');
    for (const name of ['query', 'send']) {
      for (const { id, cat } of named(name))
        assert.deepEqual([id, cat], [request?.id, request?.cat]);
    }
    assert.deepEqual(named('query')[0]?.args, { category: 'db', table: 'users' });
    // An argument of the program's own stands.
    assert.deepEqual(named('send')[0]?.args, { category: 'mine' });
  });
});

test('a worker is called what its program calls it, on every Node', async () => {
  const { text, stderr } = await runProgram(`
if (isMainThread) {
  const tracer = new Tracer('trace.json').start();
  setGlobalTracer(tracer);
  class Mine extends Worker {}
  const workers = [
    new Worker(self, { name: ' resizer ' }),
    new Worker(self),
    new Mine(self, { name: 'mine' }),
  ];
  if (!workers.every((worker) => worker instanceof Worker)) throw new Error('no Worker');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
  await tracer.stop();
} else getGlobalTracer().instant('here');
`);
  assert.equal(stderr, '');
  const events: RecordedEvent[] = JSON.parse(text);
  const names = events.filter(({ name }) => name === 'thread_name').map(({ args }) => args['name']);
  assert.deepEqual(names.sort(), ['main', 'mine', 'resizer', 'worker 3']);
});
