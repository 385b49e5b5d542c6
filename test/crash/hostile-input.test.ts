import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Args, TraceEvent, Tracer } from 'tracelane';
import { repetitions } from '../effort.js';
import { type RecordedEvent, type RecordedTrace, recordTrace } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { type Call, hostileCall, missing, perform } from './hostile-calls.js';

const BATCHES = repetitions(100, { quick: 20 });
const CALLS = 1000;
/** Problems that a failing batch shows; the first ones are enough to start with. */
const SHOWN = 3;

/** Characters of a problem, and of the call that has it. */
const MAX_TEXT = 2000;

const REPEATED = /(.)\1{20,}/gu;

function recipeOf(call: Call | undefined): string {
  return fc.stringify(call).replace(REPEATED, '$1…').slice(0, MAX_TEXT);
}

/** Makes the calls in one trace, and says what went wrong with them, each with its recipe. */
async function problemsOf(calls: readonly Call[]): Promise<string[]> {
  const problems: string[] = [];
  const report = (index: number, problem: string) =>
    problems.push(`call ${index} ${problem.slice(0, MAX_TEXT)}\n${recipeOf(calls[index])}`);
  const expectations: { index: number; expected: ReturnType<typeof perform>[number] }[] = [];
  const { text, events } = await recordTrace({ writer: 'inline' }, async (tracer) => {
    const pending: Promise<unknown>[] = [];
    for (const [index, call] of calls.entries()) {
      try {
        for (const expected of perform(tracer, call, index, pending))
          expectations.push({ index, expected });
      } catch (error) {
        report(index, `threw ${fc.stringify(error)}`);
      }
    }
    await Promise.allSettled(pending);
  }).catch((error: unknown) => {
    problems.push(`the file cannot be read: ${String(error)}`);
    return { text: undefined, events: [] };
  });
  if (text === undefined) return problems;
  const findings = checkTrace(text);
  for (const { rule, line, message } of findings)
    problems.push(`event ${line} of the file, ${rule}: ${message}: ${text.split('\n')[line]}`);
  const byName = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const same = byName.get(event.name);
    if (same === undefined) byName.set(event.name, [event]);
    else same.push(event);
  }
  for (const { index, expected } of expectations) {
    const problem = missing(expected, byName);
    if (problem !== undefined) report(index, `has left ${problem}`);
  }
  return problems;
}

test(`${BATCHES * CALLS} hostile calls throw nothing, leave valid files, and lose what is hostile alone`, async () => {
  // A batch is known by its seed: fast-check prints a number in place of a thousand calls.
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const problems = await problemsOf(fc.sample(hostileCall, { seed, numRuns: CALLS }));
      const shown = problems.slice(0, SHOWN).join('\n\n');
      assert.equal(problems.length, 0, `${problems.length} problems, such as\n${shown}`);
    }),
    { numRuns: BATCHES, includeErrorInReport: true, endOnFailure: true },
  );
});

/** What the calls leave: a file without findings. */
async function recorded(body: (tracer: Tracer) => unknown): Promise<RecordedTrace> {
  const trace = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(checkTrace(trace.text).slice(0, SHOWN), []);
  return trace;
}

async function shown(args: object): Promise<RecordedEvent['args'] | undefined> {
  const { events } = await recorded((tracer) => tracer.instant('x', 'c', args as Args));
  return events.find(({ name }) => name === 'x')?.args;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const recursive = {
  get again(): unknown {
    return this.again;
  },
};

describe('a member that cannot be read leaves those beside it', () => {
  const members: readonly (readonly [string, () => unknown])[] = [
    [
      'throws a revoked proxy',
      () => {
        throw revoked();
      },
    ],
    ['asks for itself without an end', () => recursive.again],
    [
      'throws a RangeError without a text',
      () => {
        throw Object.assign(new RangeError('x'), { message: 5 });
      },
    ],
  ];
  for (const [what, get] of members) {
    test(`where it ${what}`, async () => {
      const args = Object.defineProperty({ before: 1, bad: 0, after: 2 }, 'bad', { get });
      const result = await shown(args);
      assert.deepEqual([result?.['before'], result?.['after']], [1, 2]);
    });
  }

  test('where it is of an error: its message is kept', async () => {
    for (const key of ['cause', 'stack', 'code']) {
      const error = Object.defineProperty(new TypeError('kept'), key, {
        get: () => assert.fail('no'),
        enumerable: true,
      });
      const result = (await shown({ error }))?.['error'] as RecordedEvent['args'];
      assert.deepEqual([result['name'], result['message']], ['TypeError', 'kept'], key);
    }
  });

  test('where it is of an event that is emitted: it stays an event', async () => {
    const { events } = await recorded((tracer) => {
      tracer.emit({ name: 'x', ph: 'i', extra: { recursive } } as TraceEvent);
    });
    assert.equal(events.filter(({ name }) => name === 'x').length, 1);
  });

  test('and no member is written twice', async () => {
    const { text } = await recorded((tracer) =>
      tracer.instant('x', 'c', {
        first: 1,
        get bad() {
          return assert.fail('no');
        },
      }),
    );
    assert.equal(text.split('"first":').length, 2);
  });
});

describe('arguments that are themselves', () => {
  test('a map show its entries', async () => {
    assert.match(JSON.stringify(await shown(new Map([['key', 'kept']]))), /"key".*"kept"/);
  });

  test('an error show its message', async () => {
    assert.match(JSON.stringify(await shown(new Error('kept'))), /"kept"/);
  });
});

test('trace() gives back what its function returns, whatever that is', async () => {
  await recorded((tracer) => {
    const value = revoked();
    assert.ok(
      Object.is(
        tracer.trace('x', () => value),
        value,
      ),
    );
  });
});

test('trace() calls a function that is a proxy without a prototype to read', async () => {
  await recorded((tracer) => {
    const handler = { getPrototypeOf: () => assert.fail('no') };
    assert.equal(tracer.trace('x', new Proxy(() => 5, handler)), 5);
  });
});

test('a scope of no kind throws nothing, and is counted', async () => {
  const scopes = [Object.create(null), revoked(), '__proto__', 'constructor', Symbol('s'), 5, null];
  const { events, stats } = await recorded((tracer) => {
    for (const scope of scopes) tracer.instant('x', 'c', undefined, scope as never);
  });
  assert.equal(events.filter(({ name }) => name === 'x').length, scopes.length);
  assert.equal(stats.invalid, scopes.length);
});

test('sort indices that viewers cannot read are refused', async () => {
  const { stats } = await recorded((tracer) => {
    tracer.setThreadSortIndex(1e300);
    tracer.setProcessSortIndex(2 ** 53);
  });
  assert.equal(stats.invalid, 2);
});

test('series of a counter that throw leave the others', async () => {
  const { events } = await recorded((tracer) => {
    tracer.counter('x', {
      good: 1,
      get bad(): number {
        return assert.fail('no');
      },
    });
  });
  assert.deepEqual(events.find(({ name }) => name === 'x')?.args, { good: 1 });
});

test('a map whose iterator never ends is not read for ever', async () => {
  let reads = 0;
  class Endless extends Map<string, number> {
    override *[Symbol.iterator](): MapIterator<[string, number]> {
      // It does end here, so that a test that fails comes to an end, too.
      while (reads++ < 2_000_000) yield ['key', 1];
    }
  }
  await shown({ map: new Endless() });
  assert.ok(reads < 1_000_000, `${reads} reads`);
});
