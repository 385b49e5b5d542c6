import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EntryParser } from '#src/reader/source/entries.js';
import { type EventBatch, FIELD } from '#src/reader/source/event-batch.js';

interface Reading {
  /** Events and problems, in their order, and what is known at the end. */
  readonly seen: readonly unknown[];
  /** How many events came in batches. */
  readonly fast: number;
}

/** What the columns of a row say of an event. */
function eventOf(batch: EventBatch, row: number): Record<string, unknown> {
  const has = (field: number) => (batch.fields[row] ?? 0) & field;
  const text = (number = 0) => batch.strings.texts[number];
  const letter = (byte = 0) => String.fromCharCode(byte);
  return {
    ...(has(FIELD.ph) && { ph: letter(batch.ph[row]) }),
    ...(has(FIELD.name) && { name: text(batch.name[row]) }),
    ...(has(FIELD.cat) && { cat: text(batch.category[row]) }),
    ...(has(FIELD.ts) && { ts: batch.ts[row] }),
    ...(has(FIELD.dur) && { dur: batch.dur[row] }),
    ...(has(FIELD.pid) && { pid: batch.pid[row] }),
    ...(has(FIELD.tid) && { tid: batch.tid[row] }),
    ...(has(FIELD.id) && { id: batch.id(row) }),
    ...(has(FIELD.s) && { s: letter(batch.scope[row]) }),
    ...(has(FIELD.bp) && { bp: 'e' }),
  };
}

const COLUMNS = ['ph', 'name', 'cat', 'ts', 'dur', 'pid', 'tid', 'id', 's', 'bp'];

function columnsOf(event: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([key]) => COLUMNS.includes(key)));
}

/** Reads a trace that comes in blocks of so many bytes. */
function read(text: string | Buffer, size: number, withBatches: boolean): Reading {
  const seen: unknown[] = [];
  let fast = 0;
  const onBatch = (batch: EventBatch): void => {
    for (let row = 0; row < batch.count; row++) {
      const json = batch.text(row);
      const event: unknown = JSON.parse(json);
      assert.deepEqual(eventOf(batch, row), columnsOf(event as object), json);
      const isKnown = Object.keys(event as object).every(
        (key) => Object.hasOwn(FIELD, key) && key !== 'other',
      );
      assert.equal(((batch.fields[row] ?? 0) & FIELD.other) === 0, isKnown, json);
      const offset = batch.offset[row];
      seen.push({ index: batch.index + row, offset, event, badUtf8: false });
    }
    fast += batch.count;
  };
  const parser = new EntryParser('test', {
    onEntry: ({ index, offset, event, badUtf8 }) => seen.push({ index, offset, event, badUtf8 }),
    onProblem: (problem) => seen.push(problem),
    onNoTrace: (problem) => seen.push(problem),
    ...(withBatches && { onBatch }),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  const { members, ...facts } = parser.end();
  seen.push({ ...facts, members: [...members] });
  return { seen, fast };
}

/** Texts of fields, as they may stand in a file: each sort may be plain, odd or broken. */
const string = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"b c"',
    '""',
    '"ä€😀"',
    '"\\n\\"\\u0041"',
    '"\\ud83d\\ude00"',
    '"\u0001"',
    '"\\x"',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }).map((text) => JSON.stringify(text)),
);
const number = fc.oneof(
  fc.nat(99).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.nat(30))
    .map(([digits, decimals]) => `${digits}.${'1234567890'.repeat(3).slice(0, decimals + 1)}`),
  fc.constantFrom(
    '01',
    '1.',
    '.5',
    '-',
    '-0',
    '1e3',
    '1E+2',
    '1e',
    '+1',
    '0x1',
    '4294967296',
    '007',
  ),
);
const value = fc.oneof(
  { weight: 3, arbitrary: string },
  { weight: 3, arbitrary: number },
  fc.constantFrom(
    'true',
    'false',
    'null',
    'nul',
    '{}',
    '[]',
    '{"a":[1,{"b":"}"}]}',
    '[1,]',
    '{,}',
    '{"a"}',
  ),
  fc.jsonValue().map((one) => JSON.stringify(one)),
);
const keys = fc.constantFrom(
  '"ph"',
  '"name"',
  '"cat"',
  '"ts"',
  '"dur"',
  '"pid"',
  '"tid"',
  '"args"',
  '"id"',
);
const others = fc.constantFrom(
  '"s"',
  '"bp"',
  '"tts"',
  '"tdur"',
  '"id2"',
  '"bind_id"',
  '"x"',
  '"n\\u0061me"',
  '"ä"',
  '"__proto__"',
);
const fitting: Readonly<Record<string, fc.Arbitrary<string>>> = {
  '"ph"': fc.constantFrom('"X"', '"B"', '"E"', '"XX"', '""', '"\\n"'),
  '"name"': string,
  '"cat"': string,
  '"args"': fc
    .dictionary(fc.string({ unit: 'binary', maxLength: 3 }), fc.jsonValue())
    .map((one) => JSON.stringify(one)),
  '"s"': fc.constantFrom('"t"', '"p"'),
  '"bp"': fc.constantFrom('"e"', '"x"'),
};
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');
const field = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: keys }, others), space, space)
  .chain(([key, before, behind]) =>
    fc
      .oneof({ weight: 4, arbitrary: fitting[key] ?? number }, value)
      .map((text) => `${before}${key}${behind}:${before}${text}${behind}`),
  );
const event = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.array(field, { maxLength: 7 }).map((fields) => `{${fields.join(',')}}`),
  },
  value,
);
const separator = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(',', ',\n', ' , ') },
  fc.constantFrom('', ',,', '\n'),
);
const trace = fc
  .array(fc.tuple(event, separator), { maxLength: 12 })
  .map((parts) => `[${parts.flat().slice(0, -1).join('')}]`);

describe('events that are read right from their bytes', () => {
  test('are those that JSON.parse gives, wherever the blocks end and whatever stands between them', () => {
    fc.assert(
      fc.property(trace, fc.integer({ min: 1, max: 60 }), (text, size) => {
        assert.deepEqual(read(text, size, true).seen, read(text, size, false).seen, text);
      }),
      { numRuns: 1000 },
    );
  });

  test('are left to the other way where bytes are no UTF-8', () => {
    const bytes = fc.array(
      fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xa4, 0xed, 0xf0, 0x90, 0xf4, 0x8f, 0xff),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom('name', 'x'), (some, key) => {
        const text = Buffer.concat([
          Buffer.from(`[{"${key}":"`),
          Buffer.from(some),
          Buffer.from('"}]'),
        ]);
        assert.deepEqual(read(text, 9, true).seen, read(text, 9, false).seen);
      }),
      { numRuns: 1000 },
    );
  });

  test('are all events that tools write in the usual way', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abc(:/ äß€😀'), maxLength: 20 });
    const nanoseconds = fc.nat(2 ** 50).map((ns) => ns / 1000);
    const usual = fc.record(
      {
        name,
        cat: name,
        ph: fc.constantFrom(...'XBEiInbesftCMP'),
        ts: nanoseconds,
        dur: nanoseconds,
        tts: nanoseconds,
        pid: fc.nat(2 ** 32 - 1),
        tid: fc.nat(2 ** 32 - 1),
        id: fc.oneof(fc.nat(), fc.constant('0x12')),
        s: fc.constantFrom(...'tpg'),
        bp: fc.constant('e'),
        args: fc.dictionary(name, fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(usual.filter((one) => Object.keys(one).length > 0)), (events) => {
        assert.equal(read(JSON.stringify(events), 1e6, true).fast, events.length);
      }),
      { numRuns: 200 },
    );
  });
});
