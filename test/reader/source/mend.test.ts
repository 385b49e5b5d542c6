import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { readTrace } from 'tracelane/reader';
import { mend } from '#src/reader/source/mend-event.js';
import { found, repairer, times } from '../read.js';

const CORPUS = fileURLToPath(new URL('../../../../test/corpus/meaning/', import.meta.url));
const corpus = (name: string) => readFileSync(`${CORPUS}${name}.json`, 'utf8');
const repair = repairer();

/** What a text that is nearly JSON is taken for, and what is said of it. */
function mended(text: string): readonly [value: unknown, ...mends: string[]] | undefined {
  const result = mend(text);
  return result && [result.value, ...result.mends];
}

describe('an event that is nearly JSON', () => {
  for (const [name, right, rules, done] of [
    [
      'backslash-not-escaped',
      {
        'C:\\users\\x': [1, 9, 9, 0],
        'app\\core\\__main__.py(3): go': [1, 9, 9, 0],
        ok: [1, 9, 9, 0],
      },
      { 'lone-backslash': 2 },
      { 'backslashes-escaped': 2 },
    ],
    [
      'inf-nan-in-args',
      { copy: [1, 0, 0, 0], k: [1, 5, 5, 0] },
      { 'foreign-literal': 1, 'thread-id': 2 },
      { 'literals-replaced': 1, 'thread-numbered': 2 },
    ],
    [
      'raw-newline',
      { op: [2, 20, 20, 0] },
      { 'control-character': 1 },
      { 'control-characters-escaped': 1 },
    ],
    [
      'trailing-comma-in-object',
      { op: [2, 20, 20, 0] },
      { 'extra-comma': 1 },
      { 'extra-commas-left-out': 1 },
    ],
  ] as const) {
    test(`is read as it is meant, found and kept: ${name}`, async () => {
      const trace = corpus(name);
      assert.deepEqual(await times(trace), right);
      assert.deepEqual(found(trace), rules);
      const repaired = await repair(trace);
      assert.deepEqual(repaired.done, done);
      assert.equal(repaired.errors, 0);
      assert.deepEqual(await times(repaired.text), right);
    });
  }

  for (const [text, value, ...mends] of [
    ['{"a":"C:\\Users\\new\\table"}', { a: 'C:\\Users\\new\\table' }, 'lone-backslash'],
    ['{"a":"C:\\\\x","b":"\\d"}', { a: 'C:\\x', b: '\\d' }, 'lone-backslash'],
    ['{"a":"\\u00e4\\u12"}', { a: '\\u00e4\\u12' }, 'lone-backslash'],
    ['{"a":"tab\there","b":"\u0000"}', { a: 'tab\there', b: '\0' }, 'control-character'],
    ['{"path":"C:\\dir\\","x":1}', { path: 'C:\\dir\\', x: 1 }, 'lone-backslash'],
    ['{"a":"say "hi", now","b":1}', { a: 'say "hi", now', b: 1 }, 'stray-quote'],
    ['{"a":"5" disk","b":"c"}', { a: '5" disk', b: 'c' }, 'stray-quote'],
    ['{"a":nan,"b":-nan(ind),"c":NaN}', { a: 'NaN', b: 'NaN', c: 'NaN' }, 'foreign-literal'],
    [
      '{"a":[inf,-inf,+Infinity,1.#INF,-1.#INF00]}',
      { a: ['Infinity', '-Infinity', 'Infinity', 'Infinity', '-Infinity'] },
      'foreign-literal',
    ],
    ['{"a":1.#QNAN,"b":-1.#IND}', { a: 'NaN', b: 'NaN' }, 'foreign-literal'],
    ['{"a":None,"b":True,"c":[False]}', { a: null, b: true, c: [false] }, 'foreign-literal'],
    [
      '{"id":0x1F,"a":007,"b":+1,"c":.5,"d":5.,"e":-.5e3}',
      { id: '0x1F', a: 7, b: 1, c: 0.5, d: 5, e: -500 },
      'foreign-literal',
    ],
    ['{"a":[1,,2,],"b":{,"c":1,},}', { a: [1, 2], b: { c: 1 } }, 'extra-comma'],
    ['{"a" : 1 , , "b":2 , }', { a: 1, b: 2 }, 'extra-comma'],
    [
      '{"a":"\\q","b":nan,}',
      { a: '\\q', b: 'NaN' },
      'lone-backslash',
      'foreign-literal',
      'extra-comma',
    ],
  ] as const) {
    test(`is mended: ${text}`, () => {
      assert.deepEqual(mended(text), [value, ...mends]);
    });
  }

  for (const text of [
    '{"a":x}',
    '{"a":undefined}',
    '{"a" 1}',
    '{"a":"b',
    '{"a":1',
    '{a:1}',
    '',
    '{"a":1}}',
  ]) {
    test(`is not guessed at: ${text}`, () => {
      assert.equal(mended(text), undefined);
    });
  }

  test('is what it was where nothing is wrong with it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(mended(text), [JSON.parse(text)]);
      }),
    );
  });

  test('is given to a program, which is told of it', async () => {
    const bytes = () => Readable.from([Buffer.from('[{"name":"C:\\dir"},{"name":"b"}]')]);
    const names: string[] = [];
    for await (const { name } of readTrace(bytes())) names.push(name);
    assert.deepEqual(names, ['C:\\dir', 'b']);
    const problems: string[] = [];
    for await (const _ of readTrace(bytes(), {
      onProblem: ({ message }) => problems.push(message),
    }));
    assert.deepEqual(problems, ['a backslash in a string is not escaped']);
  });

  test('keeps those behind it where a NaN is the value of a counter', async () => {
    const counter = '{"ph":"C","name":"n","cat":"c","pid":1,"tid":1,"ts":1,"args":{"v":NaN,"w":2}}';
    const { events, done } = await repair(`[${counter},${counter.replace('NaN', '1')}]`);
    assert.deepEqual(
      events.map(({ args }) => args),
      [{ w: 2 }, { v: 1, w: 2 }],
    );
    assert.deepEqual(done, { 'literals-replaced': 1, 'counter-value-dropped': 1 });
  });
});

describe('brackets in one another', () => {
  const deep = (levels: number) =>
    `[{"name":"a","args":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}},{"name":"b"}]`;

  test('are read up to a limit, the same on every Node', async () => {
    const names = async (text: string) => {
      const all: string[] = [];
      const bytes = Readable.from([Buffer.from(text)]);
      for await (const { name } of readTrace(bytes, { onProblem: () => {} })) all.push(name);
      return all;
    };
    assert.deepEqual(await names(deep(1000)), ['a', 'b']);
    assert.deepEqual(await names(deep(1001)), ['b']);
    assert.deepEqual(await names(deep(1_000_000)), ['b']);
    assert.equal(found(deep(1001))['event-depth'], 1);
    assert.equal(found(`[{"name":"${'['.repeat(3000)}\\""}]`)['event-depth'], undefined);
  });

  test('beside the events are left out beyond it, and said to be', async () => {
    const member = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const { done, text } = await repair(`{"traceEvents":[${deep(9).slice(1)},"m":${member}}`);
    assert.equal(done['members-left-out'], 1);
    assert.equal(text.includes('"m"'), false);
  });
});
