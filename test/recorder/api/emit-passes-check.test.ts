import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkText } from '#src/reader/check/check.js';
import { encodeEvent } from '#src/recorder/api/emit.js';
import { GIVEN_PID, GIVEN_TID, GIVEN_TS } from '#src/recorder/arena/records.js';
import { repetitions } from '../../effort.js';

/** What only shows among the other events of a trace: `emit()` cannot know it. */
const ABOUT_OTHERS = new Set([
  'end-without-begin',
  'flow-outside-slice',
  'flow-without-start',
  'async-end-without-begin',
]);

const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 60, 4.7e15, 1e300),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double(),
  fc.nat(),
);
const texts = fc.oneof(
  fc.constantFrom('', '0', '12', 'ff', '0x1f', '123456789abcdef01', 'job', '\ud83d', '\u0001'),
  fc.string({ unit: 'binary' }),
);
/** Says something else each time it is asked. */
const wavering = (key: string) =>
  fc.tuple(fc.oneof(numbers, texts), fc.oneof(numbers, texts)).map(([first, second]) => {
    let asked = 0;
    return Object.defineProperty({}, key, {
      enumerable: true,
      get: () => (asked++ === 0 ? first : second),
    });
  });
const anything = fc.oneof(numbers, texts, fc.constantFrom(null, true, {}, [1], undefined));
const record = (key: string) =>
  fc.oneof(anything, wavering(key), fc.dictionary(fc.constantFrom(key, 'other'), anything));

/** Mostly what is right, or every event would be refused for some field. */
const mostly = (right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown> = anything) =>
  fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: wrong });
const times = fc.double({ min: 0, max: 4.7e15, noNaN: true });

const events = fc.record(
  {
    ph: mostly(fc.constantFrom(...'BEXiIRCbnestfSTpFPNODMVvcGg(),='), texts),
    name: mostly(
      fc.constantFrom(
        'x',
        'process_name',
        'thread_sort_index',
        'process_labels',
        'thread_name',
        '',
      ),
    ),
    cat: mostly(texts),
    ts: mostly(times),
    dur: mostly(times),
    pid: mostly(fc.nat()),
    tid: mostly(fc.nat()),
    id: mostly(fc.oneof(fc.nat(), fc.constantFrom('ff', '0x1f', '1', '12345678', 'job'))),
    id2: fc.oneof(record('local'), record('global')),
    s: mostly(fc.constantFrom('t', 'p', 'g')),
    bp: anything,
    args: fc.oneof(record('name'), record('labels'), record('sort_index'), record('value')),
  },
  { requiredKeys: ['ph', 'name'] },
);

/** The event as it stands in the file; undefined where it is refused. */
function written(event: object): string | undefined {
  const encoded = encodeEvent(event as never);
  if (typeof encoded === 'string') return undefined;
  const { members, given } = encoded;
  const pid = (given & GIVEN_PID) === 0 ? ',"pid":1' : '';
  const tid = (given & GIVEN_TID) === 0 ? ',"tid":1' : '';
  const ts = (given & GIVEN_TS) === 0 ? ',"ts":5' : '';
  return `{${members}${pid}${tid}${ts}}`;
}

test('what emit() accepts, check passes', () => {
  const accepted = new Map<string, number>();
  fc.assert(
    fc.property(events, (event) => {
      const text = written(event);
      if (text === undefined) return;
      const { ph } = event as { ph: string };
      accepted.set(ph, (accepted.get(ph) ?? 0) + 1);
      const { findings } = checkText(`[${text}]`);
      const errors = findings.filter(
        ({ rule, severity }) => severity === 'error' && !ABOUT_OTHERS.has(rule),
      );
      assert.deepEqual(errors, [], text);
    }),
    { numRuns: repetitions(20_000, { quick: 3000 }) },
  );
  // Or it would hold because everything is refused.
  for (const ph of 'BEXiICbnestfM') assert.ok((accepted.get(ph) ?? 0) > 0, `no ${ph} was accepted`);
});
