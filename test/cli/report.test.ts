import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const events = [slice('first', 0, 1000), slice('second', 5_000_000, 1000)];
const trace = file('trace.json', events);

/** The table for where no scripts run says what is in a report. */
function namesIn(path: string): string[] {
  const html = readFileSync(path, 'utf8');
  return Array.from(html.matchAll(/<tr><td>([^<]*)/g), ([, name = '']) => name).sort();
}

describe('tracelane report', () => {
  test('writes one file with the trace, and says how large it is', async () => {
    const output = file('report.html');
    const { code, stdout } = await tracelane(['report', trace, '-o', output]);
    assert.equal(code, 0);
    assert.match(stdout, /report\.html: 2 events, \d+(\.\d+)? kB\n$/);
    assert.deepEqual(namesIn(output), ['first', 'second']);
    // The page, what opens the trace, and the worker of this build.
    assert.match(readFileSync(output, 'utf8'), /tracelanePage/);
  });

  test('takes a part of the trace, and keeps its name', async () => {
    const output = file('part.html');
    const { code } = await tracelane(['report', trace, '-o', output, '--from', '2s']);
    assert.equal(code, 0);
    assert.deepEqual(namesIn(output), ['second']);
    const html = readFileSync(output, 'utf8');
    assert.match(html, /<title>trace\.json<\/title>/);
    assert.match(html, /Only a part of the trace is here, from 2 s to the end of it/);
  });

  test('says that the end of the trace is missing, also of a part of it', async () => {
    const cutOff = file('cut-off.json');
    writeFileSync(cutOff, JSON.stringify(events).slice(0, -20));
    for (const range of [[], ['--from', '0s']]) {
      const output = file('cut-off.html');
      const { code, stdout } = await tracelane(['report', cutOff, '-o', output, ...range]);
      assert.equal(code, 0);
      assert.match(stdout, /kB\nThe file is cut off: what stood behind is missing\.\n$/);
      assert.match(readFileSync(output, 'utf8'), /The file is cut off/);
    }
  });

  test('takes what comes through a pipe', async () => {
    const output = file('piped.html');
    const { code } = await tracelane(['report', '-', '-o', output], JSON.stringify(events));
    assert.equal(code, 0);
    assert.deepEqual(namesIn(output), ['first', 'second']);
  });

  test('says where temporary files cannot be written, as that is not where its output goes', async () => {
    const args = ['report', '-', '-o', file('no-room.html')];
    const run = await tracelane(args, JSON.stringify(events), { TMPDIR: file('nowhere') });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /nowhere\/tracelane-\S+: it cannot be written: ENOENT/);
    assert.match(run.stderr, /temporary file for the copy of the trace: .* folder in TMPDIR\.$/m);
    assert.doesNotMatch(run.stderr, /no-room/);
  });

  for (const [says, args, reason] of [
    [
      'a report that would be too large',
      ['--max-size', '1kB'],
      /would have 0\.\d+ MB or more, and the limit is 0\.001 MB/,
    ],
    [
      'a range that ends before it begins',
      ['--from', '2s', '--to', '1s'],
      /--from must not be later/,
    ],
    ['a size that is none', ['--max-size', 'much'], /A size was expected, like 200MB/],
  ] as const) {
    test(`ends with 2 for ${says}, and writes nothing`, async () => {
      const output = file('none.html');
      const { code, stderr } = await tracelane(['report', trace, '-o', output, ...args]);
      assert.equal(code, 2);
      assert.match(stderr, reason);
      assert.equal(existsSync(output), false);
    });
  }

  test('ends with 2 where it would take the place of its trace, which is left as it was', async () => {
    const own = file('own.json', events);
    const before = readFileSync(own, 'utf8');
    const { code, stderr } = await tracelane(['report', own, '-o', own]);
    assert.equal(code, 2);
    assert.match(stderr, /is the trace itself.*give the report another name/);
    assert.equal(readFileSync(own, 'utf8'), before);
  });

  test('ends with 2 where a pipe would have to be read twice', async () => {
    const args = ['report', '-', '-o', file('none.html'), '--from', '1s'];
    const { code, stderr } = await tracelane(args, '[]');
    assert.equal(code, 2);
    assert.match(stderr, /standard input can be read once only/);
  });
});

test('tracelane run --report writes a report of what was recorded', async () => {
  const script = file('program.js', 'setTimeout(() => {}, 1);');
  const [output, report] = [file('run.json'), file('run.html')];
  const { code, stderr } = await tracelane(['run', '-o', output, '--report', report, script]);
  assert.equal(code, 0);
  assert.match(stderr, /tracelane: the report is in .*run\.html/);
  assert.match(readFileSync(report, 'utf8'), /<title>run\.json<\/title>/);
});
