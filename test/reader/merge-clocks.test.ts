import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { checkText } from '#src/reader/check/check.js';
import { mergeFiles } from '#src/reader/merge/merge.js';
import { event, X } from './read.js';

const folder = mkdtempSync(join(tmpdir(), 'clocks-'));
after(() => rmSync(folder, { recursive: true }));

/** Joins traces, given as their texts. */
async function merged(...texts: readonly string[]) {
  const inputs = texts.map((text, i) => {
    const path = join(folder, `${i}.json`);
    writeFileSync(path, text);
    return path;
  });
  const output = join(folder, 'out.json');
  const { files } = await mergeFiles(inputs, output);
  const text = readFileSync(output, 'utf8');
  return { text, alignments: files.map(({ alignment }) => alignment) };
}

const start = (args: object) => event('M', 'trace_start', 0, { args });
const SOUND = JSON.stringify([
  start({ wallMicroseconds: 1e15, monotonicNanoseconds: '5' }),
  X('a', 1, 2),
]);

describe('a merge with a clock that is absurd', () => {
  for (const [what, text] of [
    [
      'a wall clock beyond all times',
      JSON.stringify([start({ wallMicroseconds: 1e300 }), X('b', 1, 2)]),
    ],
    [
      'one that is infinite',
      `{"traceEvents":[${JSON.stringify(X('b', 1, 2))}],"beginningOfTime":1e999}`,
    ],
    [
      'a monotonic clock of 400 digits',
      JSON.stringify([
        start({ wallMicroseconds: 1e15, monotonicNanoseconds: '9'.repeat(400) }),
        X('b', 1, 2),
      ]),
    ],
    [
      'one before all times',
      `{"traceEvents":[${JSON.stringify(X('b', 1, 2))}],"baseTimeNanoseconds":-1e30}`,
    ],
  ] as const) {
    test(`leaves times that viewers read: ${what}`, async () => {
      const { text: joined } = await merged(SOUND, text);
      assert.equal(joined.includes('null'), false, joined);
      assert.equal(checkText(joined).errors, 0);
    });
  }

  test('does not make null of a time that is infinite', async () => {
    const infinite = JSON.stringify([X('b', 7, 2)]).replace('"ts":7', '"ts":1e999');
    const { text } = await merged(SOUND, infinite);
    assert.match(text, /"ts":"Infinity"/);
  });

  test('writes what was nearly JSON as JSON', async () => {
    const { text } = await merged(
      SOUND,
      JSON.stringify([X('x', 1, 2)]).replace('"x"', '"C:\\dir"'),
    );
    assert.ok(JSON.parse(text).some(({ name }: { name: string }) => name === 'C:\\dir'));
  });
});
