import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { convertTrace } from '#src/reader/convert/convert.js';
import { readTrace } from '#src/reader/source/read-trace.js';
import { slice, temporaryFolder } from '../../cli/run-cli.js';
import { type Annotation, readPackets } from '../../perfetto/messages.js';

const file = temporaryFolder();

/** The annotations of the first event with arguments of this JSON. */
async function annotationsOf(args: string): Promise<readonly Annotation[]> {
  const event = JSON.stringify(slice('a', 1, 1, { args: 0 })).replace('"args":0', `"args":${args}`);
  await convertTrace(file('args.json', `[${event}]`), file('args.pftrace'));
  const packets = readPackets(readFileSync(file('args.pftrace')));
  return (
    packets.find(({ trackEvent }) => trackEvent !== undefined)?.trackEvent?.debugAnnotations ?? []
  );
}

/** Reads back the JSON of the arguments of the only slice. */
async function readBack(args: unknown): Promise<unknown> {
  await convertTrace(file('args.json', [slice('a', 1, 1, { args })]), file('args.pftrace'));
  for await (const event of readTrace(file('args.pftrace')))
    if (event.ph === 'X') return event.args;
  return undefined;
}

describe('arguments', () => {
  test('of a slice stay what they are where flows in it have their names', async () => {
    const begun = { name: 'begun', cat: 'c', pid: 1, tid: 2 };
    const point = (ph: string, ts: number, tid: number, args: object) => {
      return { ...slice('job', ts, 0, { tid, args }), ph, id: 1, bp: 'e', dur: undefined };
    };
    const events = [
      slice('made', 10, 10, { args: { job: 'the job', 'job (flow)': 'none' } }),
      { ...begun, ph: 'B', ts: 5, args: { job: 7 } },
      point('s', 12, 1, { size: 3 }),
      point('t', 14, 1, { size: 2 }),
      point('f', 17, 2, { left: 1 }),
      { ...begun, ph: 'E', ts: 30, args: { 'job (flow)': 8 } },
      { ...slice('moment', 40, 0, { args: { job: 9 } }), ph: 'i', s: 't' },
      point('s', 40, 1, { size: 1 }),
    ];
    await convertTrace(file('names.json', events), file('names.pftrace'));
    const read: Record<string, unknown> = {};
    for await (const { ph, name = '', tid, args } of readTrace(file('names.pftrace'))) {
      if (ph === 'X' || ph === 'B' || ph === 'i') read[name] = args;
      else if (ph === 'E' && tid === 2) Object.assign(read['begun'] as object, args);
    }
    assert.deepEqual(read, {
      made: {
        job: 'the job',
        'job (flow)': 'none',
        'job (flow 2)': { size: 3 },
        'job (flow 3)': { size: 2 },
      },
      begun: { job: 7, 'job (flow)': 8, 'job (flow 2)': { left: 1 } },
      moment: { job: 9, 'job (flow)': { size: 1 } },
    });
  });

  test('are typed as they are written, and keep all digits of whole numbers', async () => {
    const json =
      '{"int":-12,"long":1234567890123456789,"unsigned":18446744073709551615,"huge":1e300,"half":0.5,' +
      '"zero":-0,"yes":true,"no":false,"none":null,"text":"a\\u00e9\\n","key\\"":1}';
    const values = (await annotationsOf(json)).map(
      ({ nameIid: _, name: __, ...value }) => Object.entries(value)[0] ?? 'no value',
    );
    assert.deepEqual(values, [
      ['intValue', '-12'],
      ['intValue', '1234567890123456789'],
      ['uintValue', '18446744073709551615'],
      ['doubleValue', 1e300],
      ['doubleValue', 0.5],
      ['doubleValue', -0],
      ['boolValue', true],
      ['boolValue', false],
      // Perfetto's importer ends at the JSON null.
      'no value',
      ['stringValue', 'aé\n'],
      ['intValue', '1'],
    ]);
  });

  test('nest as dictionaries and lists, and what is empty or very deep is JSON', async () => {
    let deep: unknown = 'end';
    for (let i = 0; i < 400; i++)
      deep = i % 2 === 0 ? [deep, '}]"\\'] : { ' a b ': deep, more: {} };
    const args = { list: [1, [2, { x: 'y' }], []], empty: {}, deep };
    assert.deepEqual(await readBack(args), args);
  });

  test('may have any number of names', async () => {
    const names = Array.from({ length: 70_000 }, (_, i) => [`name ${i}`, i]);
    const args = Object.fromEntries(names);
    assert.deepEqual(await readBack(args), args);
  });

  test('that are no object stand there under one name', async () => {
    assert.deepEqual(await readBack(['a', 1]), { args: ['a', 1] });
  });

  test('with lone surrogates are kept with U+FFFD in place of these, however deep they lie', async () => {
    const deep = `${'{"a":'.repeat(40)}"\\ud800"${'}'.repeat(40)}`;
    const json = `{"text":"x\\ud800\\"y","\\udc00":1,"pair":"\\ud83d\\ude00","deep":${deep}}`;
    const slices = `[${JSON.stringify(slice('a', 1, 1, { args: 0 })).replace('"args":0', `"args":${json}`)},
      {"ph":"M","name":"other","pid":1,"tid":1,"args":{"name":"\\ud83d"}},
      {"ph":"s","name":"flow","cat":"c","id":1,"pid":1,"tid":1,"ts":1,"args":{"a":"\\ud83d"}}]`;
    const input = file('surrogates.json');
    writeFileSync(input, slices);
    await convertTrace(input, file('surrogates.pftrace'));
    let args: Record<string, unknown> = {};
    for await (const event of readTrace(file('surrogates.pftrace'))) {
      if ('text' in (event.args ?? {})) args = event.args as Record<string, unknown>;
    }
    assert.equal(args['text'], 'x\ufffd"y');
    assert.equal(args['\ufffd'], 1);
    assert.equal(args['pair'], '😀');
    assert.match(JSON.stringify(args['deep']), /"a":"\ufffd"/);
  });

  test('of a begin that its end has, too, are written once: those of the end stand', async () => {
    const events = [
      { ...slice('a', 1, 0, { args: { x: 1, y: 2 } }), ph: 'B' },
      { ...slice('a', 2, 0, { args: { y: 3, z: 4 } }), ph: 'E' },
    ];
    await convertTrace(file('pair.json', events), file('pair.pftrace'));
    const packets = readPackets(readFileSync(file('pair.pftrace')));
    const begun = packets.find(({ trackEvent }) => trackEvent !== undefined)?.trackEvent;
    const values = (begun?.debugAnnotations ?? []).map(({ intValue }) => Number(intValue));
    assert.deepEqual(values.toSorted(), [1, 3, 4]);
  });
});
