import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Ended } from '../ended.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

/** Sets the title, moves the cursor, a C1 sequence, text that runs backwards, a carriage return. */
const HOSTILE = '=\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egpj\u2066x\u200f\r\n\u007fend';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
const OBEYED = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const place = { cat: HOSTILE, pid: 1, tid: 1 };
const TRACE = [
  { name: 'process_name', ph: 'M', pid: 1, tid: 1, args: { name: HOSTILE } },
  { name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name: HOSTILE } },
  ...Array.from({ length: 20 }, (_, i) =>
    slice(HOSTILE, 10_000 * i, 5000, { cat: HOSTILE, args: { [HOSTILE]: HOSTILE } }),
  ),
  slice(`${HOSTILE} overlaps`, 2000, 5000),
  slice(HOSTILE, 0, 1, { pid: HOSTILE, tid: HOSTILE }),
  { ...place, name: HOSTILE, ph: 'b', id: HOSTILE, ts: 1 },
  { ...place, name: HOSTILE, ph: 'e', id: HOSTILE, ts: 9 },
  { ...place, name: HOSTILE, ph: 'e', id: 'other', ts: 9 },
  { ...place, name: HOSTILE, ph: 'C', id: HOSTILE, ts: 5, args: { [HOSTILE]: 7 } },
  { ...place, name: HOSTILE, ph: HOSTILE, ts: 5 },
  { ...place, name: HOSTILE, ph: 'B', ts: 300_000 },
];
const OBJECT = { traceEvents: TRACE, [HOSTILE]: HOSTILE };
const trace = file(`a ${HOSTILE}.json`, OBJECT);
const broken = file(`b ${HOSTILE}.json`, `[{"name":"a",${HOSTILE}},\n{"name":${HOSTILE}`);
const slower = file(
  'slower.json',
  TRACE.map((event) => ('dur' in event ? { ...event, ts: 2 * event.ts, dur: 9000 } : event)),
);

function assertHarmless({ stdout, stderr }: Ended): void {
  assert.doesNotMatch(stdout, OBEYED);
  assert.doesNotMatch(stderr, OBEYED);
}

describe('names that a terminal would obey, of events and of files, are made harmless by', () => {
  const commands: readonly (readonly [says: string, args: readonly string[], code: number])[] = [
    ['summary', ['summary', trace], 0],
    ['summary by thread', ['summary', trace, '--by', 'thread'], 0],
    ['summary as a tree', ['summary', trace, '--tree'], 0],
    ['summary as CSV', ['summary', trace, '--csv'], 0],
    ['summary as JSON', ['summary', trace, '--json'], 0],
    ['summary of what is broken', ['summary', broken], 0],
    ['check', ['check', trace], 1],
    ['check as JSON', ['check', trace, '--json'], 1],
    ['check of what is broken', ['check', broken], 1],
    ['check --repair', ['check', trace, '--repair', file(`r ${HOSTILE}.json`)], 0],
    ['diff', ['diff', trace, slower, '--fail-above', '1%'], 1],
    ['diff as JSON', ['diff', trace, slower, '--json'], 0],
    ['diff by totals', ['diff', trace, slower, '--total'], 0],
    ['merge', ['merge', trace, slower, '-o', file(`m ${HOSTILE}.json`)], 0],
    ['merge as JSON', ['merge', trace, slower, '--json', '-o', file('merged.json')], 0],
    ['merge onto an input', ['merge', trace, slower, '-o', trace], 2],
    ['view, where the port is none', ['view', trace, '--no-open', '--port', '99999'], 2],
    ['an error of reading', ['summary', file(`none ${HOSTILE}`)], 2],
    ['an error of what is no trace', ['summary', file('text', HOSTILE)], 2],
    ['an error of viewing', ['view', file(`none ${HOSTILE}`), '--no-open'], 2],
    ['an error of options', ['summary', trace, `--${HOSTILE}`], 2],
    [
      'an error of the filter',
      ['summary', trace, '--filter', `/(${HOSTILE.replace(/\s/g, '')}/`],
      2,
    ],
  ];
  for (const [says, args, code] of commands) {
    test(says, async () => {
      const run = await tracelane(args);
      assertHarmless(run);
      assert.equal(run.code, code, run.stderr);
      // What is left of the names is still to be seen.
      assert.match(run.stdout + run.stderr, /end|none|trace/);
    });
  }

  test('JSON loses nothing by that', async () => {
    const { stdout } = await tracelane(['summary', trace, '--json']);
    const { groups, threads } = JSON.parse(stdout);
    assert.ok(groups.some(({ key }: { key: string }) => key === HOSTILE));
    assert.ok(threads.some(({ process }: { process: string }) => process === HOSTILE));
  });
});

describe('names that a spreadsheet would run', () => {
  for (const start of ['=', '+', '-', '@']) {
    test(`are text in the CSV of summary: ${start}`, async () => {
      const path = file('formula.json', [slice(`${start}HYPERLINK("http://evil")`, 0, 1)]);
      const { stdout } = await tracelane(['summary', path, '--csv']);
      assert.match(stdout.split('\n')[1] ?? '', /^"'.HYPERLINK\(""http:/);
    });
  }

  test('stay as they are in a trace that is written', async () => {
    const out = file('formula-merged.json');
    const path = file('formula.json', [slice('=1+1', 0, 1)]);
    assert.equal((await tracelane(['merge', path, '-o', out])).code, 0);
    assert.equal(JSON.parse(readFileSync(out, 'utf8'))[0].name, '=1+1');
  });
});
