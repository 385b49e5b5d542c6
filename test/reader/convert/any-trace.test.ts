import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { convertTrace } from '#src/reader/convert/convert.js';
import { temporaryFolder } from '../../cli/run-cli.js';
import { repetitions } from '../../effort.js';
import { viewTrace } from '../../perfetto/view.js';
import { bytesAsInput, shownBy } from './timeline.js';

const file = temporaryFolder();
const RUNS = { numRuns: repetitions(150, { quick: 40, long: 3000 }) };
const output = file('any.pftrace');

const name = fc.constantFrom('a', 'b', 'ä', 'long name of a slice', '"quoted\\"', '');
const cat = fc.constantFrom('c', 'd,e', '');
const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const args = fc.dictionary(
  text,
  fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }).filter((value) => !hasMinusZero(value)),
  { maxKeys: 4 },
);

/** Perfetto keeps the sign of a zero, JSON.stringify() does not. */
function hasMinusZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0);
  return Object.values(value).some(hasMinusZero);
}

interface Call {
  readonly name: string;
  readonly cat: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly before: number;
  readonly after: number;
  readonly as: 'X' | 'BE';
  readonly inner: readonly Call[];
}

const { call } = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.record({
    ...{ name, cat, args },
    // Often 0, so that much begins and ends at once.
    before: fc.constantFrom(0, 0, 1, 0.5, 0.001),
    after: fc.constantFrom(0, 0, 2, 0.25),
    as: fc.constantFrom('X', 'X', 'BE'),
    inner: fc.oneof(
      { maxDepth: 5 },
      fc.constant([]),
      fc.array(tie('call'), { maxLength: 3, depthIdentifier: 'calls' }),
    ),
  }),
}));

/** Puts the events of a call, complete ones behind those in them. Gives when it ends. */
function put(
  events: object[],
  { inner, as, before, after, ...event }: Call,
  ts: number,
  tid: number,
) {
  // A begin has a moment of its own: where it lies among slices that begin with it is anybody's guess.
  const start = round(ts + before + (as === 'BE' ? 0.0625 : 0));
  const more = { pid: 1, tid };
  // What begins and ends takes some time: Perfetto never ends what does so at once.
  if (as === 'BE') events.push({ ...event, ph: 'B', ts: start, ...more });
  let at = as === 'BE' ? round(start + 0.125) : start;
  for (const one of inner) at = put(events, one, at, tid);
  at = round(at + after + (as === 'BE' ? 0.125 : 0));
  if (as === 'X') events.push({ ...event, ph: 'X', ts: start, dur: round(at - start), ...more });
  else events.push({ name: event.name, cat: event.cat, ph: 'E', ts: at, ...more });
  return as === 'BE' ? round(at + 0.125) : at;
}

/** Whole nanoseconds. */
function round(microseconds: number): number {
  return Math.round(microseconds * 1000) / 1000;
}

const calls = fc.array(fc.record({ call, tid: fc.constantFrom(1, 2) }), { maxLength: 6 });
const moments = fc.array(
  fc.record({
    ...{ name, cat, args },
    ph: fc.constantFrom('i', 'C'),
    s: fc.constantFrom('t', 'p', 'g'),
    ts: fc.integer({ min: 0, max: 20 }),
    ...{ pid: fc.constant(1), tid: fc.constantFrom(1, 2) },
  }),
  { maxLength: 4 },
);
const operations = fc.array(
  fc.record({
    ...{ cat: fc.constantFrom('c', 'd'), args },
    ...{ name: fc.constantFrom('op', 'part'), id: fc.constantFrom(1, '0x2') },
    ts: fc.integer({ min: 0, max: 20 }),
    dur: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 4 },
);

const trace = fc
  .record({ calls, moments, operations })
  .map(({ calls: all, moments: some, operations: others }) => {
    const events: object[] = [];
    const times: Record<number, number> = {};
    for (const { call: one, tid } of all) times[tid] = put(events, one, times[tid] ?? 0, tid);
    for (const moment of some) {
      events.push(moment.ph === 'C' ? { ...moment, args: { value: moment.ts } } : moment);
    }
    // Each in a time of its own, as what overlaps has to be drawn elsewhere.
    let at = 0;
    for (const { dur, ts, ...event } of others) {
      const more = { ...event, pid: 1, tid: 1 };
      events.push({ ...more, ph: 'b', ts: at + ts }, { ...more, ph: 'e', ts: at + ts + dur });
      at += ts + dur + 1;
    }
    return events;
  });

describe('any trace', () => {
  test("shows the same after it was made Perfetto's, also what begins and ends at once", async () => {
    await fc.assert(
      fc.asyncProperty(trace, async (events) => {
        const json = Buffer.from(JSON.stringify(events));
        const result = await convertTrace(bytesAsInput(json), output);
        const [before, after] = [await shownBy(bytesAsInput(json)), await shownBy(output)];
        assert.deepEqual(viewTrace(readFileSync(output)).problems, []);
        assert.equal(result.overlapping, 0);
        assert.deepEqual(after, before);
      }),
      RUNS,
    );
  });

  test('that is broken in any way becomes one that an importer has no complaint about', async () => {
    const value = (...usual: readonly unknown[]) =>
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom<unknown>(...usual) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<unknown>(null, -1, '', '7', [], {}, 1e300, 2 ** 60),
        },
      );
    const time = value(...Array.from({ length: 13 }, (_, i) => i), 0.0005, 1e15, -3);
    const event = fc.record(
      {
        ...{ ph: value(...'XXXXBBEEbnestfCiIRMSTFpPNZ'), ts: time, dur: time },
        ...{ name: value('a', 'b', 'thread_name'), cat: value('c', 'd', '') },
        ...{ pid: value(1, 2, 0), tid: value(1, 2, 0, 'main'), id: value(1, '1', '0xa', 2 ** 60) },
        ...{ id2: value(undefined, { local: '1' }, { global: 'g' }), bind_id: value(undefined, 1) },
        ...{
          flow_in: value(undefined, true),
          flow_out: value(undefined, true),
          s: value('t', 'p', 'g'),
        },
        args: value({}, { name: 'n' }, { a: [{ b: '\\ "', c: [] }, null, 1.5, -0] }),
      },
      { requiredKeys: ['ph', 'ts', 'pid', 'tid'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 16 }), async (events) => {
        await convertTrace(bytesAsInput(Buffer.from(JSON.stringify(events))), output);
        const { problems } = viewTrace(readFileSync(output));
        // A flow may end that has not begun, and what was never ended stays open.
        const others = problems.filter(
          (problem) => !/flow \d+ ends and has not begun/.test(problem),
        );
        assert.deepEqual(others, []);
        await shownBy(output);
      }),
      RUNS,
    );
  });
});
