import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkText } from '#src/reader/check/check.js';
import { summarize } from '#src/reader/summary/summarize.js';

/** Few values, so that events meet each other; some of them wrong, or missing. */
const value = (...usual: readonly unknown[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<unknown>(...usual) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(null, -1, 0, 1.5, '', 'x', '7', [], {}, 1e300),
    },
  );
const time = value(...Array.from({ length: 13 }, (_, i) => i), 0.0005, 2.25, 1e15, 4e15, 1e16);
const event = fc.record(
  {
    name: value('a', 'b', 'a\n', 'thread_name', 'TimerFire', 'Profile', 'äöü'),
    cat: value('c', 'd', ''),
    ph: value(...'XXXXXXBBEEbnestfCiIRMSTFpPNZ', 'XX'),
    ts: time,
    dur: time,
    pid: value(1, 2, 0),
    tid: value(1, 2, 0, 'main'),
    id: value(1, 2, '1', '0xa', 2 ** 60),
    id2: value(undefined, { local: '1' }, { global: 'g' }),
    bind_id: value(undefined, undefined, 1),
    flow_in: value(undefined, true),
    flow_out: value(undefined, true),
    bp: value('e'),
    s: value('t', 'p'),
    args: value({}, { name: 'n' }, { a: 1 }, { a: [{ b: 'text \\ "' }] }),
    provisional: value(undefined, undefined, undefined, true),
    cname: value(undefined, undefined, undefined, 'good'),
    tts: value(undefined, 1),
  },
  { requiredKeys: ['ph', 'ts', 'pid', 'tid'] },
);

/** The same bytes in number, so that places in the file are the same. */
const PLAIN = '"ph":     ';
const ODD = '"p\\u0068":';

/** A trace of any events, as tools write it, and so that all its events are left to the other way. */
const trace = fc.array(event, { minLength: 1, maxLength: 14 }).map((events) => {
  const text = JSON.stringify(events);
  return [text.replaceAll('"ph":', PLAIN), text.replaceAll('"ph":', ODD)] as const;
});

async function summaryOf(text: string): Promise<unknown> {
  const bytes = (async function* () {
    yield Buffer.from(text);
  })();
  return summarize(bytes, { by: 'name', filter: () => true, top: 9, stretches: 7, tree: true });
}

describe('events that are read right from their bytes, and those that are parsed,', () => {
  test('are checked alike', () => {
    fc.assert(
      fc.property(trace, ([plain, odd]) => {
        assert.deepEqual(checkText(plain), checkText(odd), plain);
      }),
      { numRuns: 500 },
    );
  });

  test('are summarised alike', async () => {
    await fc.assert(
      fc.asyncProperty(trace, async ([plain, odd]) => {
        assert.deepEqual(await summaryOf(plain), await summaryOf(odd), plain);
      }),
      { numRuns: 500 },
    );
  });
});
