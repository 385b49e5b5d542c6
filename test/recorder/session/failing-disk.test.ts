import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { problems, runProgram } from '../../run-program.js';

/**
 * A program whose disk fails in the middle: it records, `harm` comes, it records on. It tells what
 * `stats()` says, how much memory the second half took, and the file as it is found at the end.
 */
const program = (path: string, harm: string) => `
import * as fs from 'node:fs';
const path = ${JSON.stringify(path)};
const tracer = new Tracer(path).start();
for (let i = 0; i < 1000; i++) tracer.instant('before', 'c', { i });
await tracer.flush();
${harm}
const memory = () => process.memoryUsage().rss / 2 ** 20;
const start = memory();
let growth = 0;
for (let i = 0; i < 500_000; i++) {
  tracer.instant('after', 'c', { i });
  if (i % 10_000 === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    growth = Math.max(growth, memory() - start);
  }
}
const stats = await tracer.stop();
const text = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null;
fs.writeFileSync('trace.json', '[]');
// Not into a file: there may be no room for so much.
console.log(JSON.stringify({ ...stats, growth, text }));
`;

interface Outcome {
  readonly events: number;
  readonly written: number;
  readonly lost: number;
  readonly dropped: number;
  readonly writeErrors: number;
  readonly growth: number;
  readonly text: string | null;
}

async function run(path: string, harm: string, shell?: string) {
  const result = await runProgram(program(path, harm), shell === undefined ? {} : { shell });
  assert.equal(result.code, 0, result.stderr);
  const outcome = JSON.parse(result.stdout) as Outcome;
  assert.ok(outcome.growth < 64, `${outcome.growth} MiB more`);
  assert.equal(outcome.dropped, 0);
  return { ...outcome, stderr: result.stderr };
}

const warnings = (stderr: string) => stderr.match(/\[TRACELANE_\w+\]/g) ?? [];

function namesIn(text: string | null, name: string): number {
  return (text ?? '').split(`"name":"${name}"`).length - 1;
}

describe('a disk that is full', () => {
  test('keeps what came before in a whole file, costs one warning, and the program goes on', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'small-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      rmSync(folder, { recursive: true });
      return t.skip('no tmpfs can be mounted here');
    }
    try {
      const path = join(folder, 'full.json');
      const { stderr, text, events, written, lost, writeErrors } = await run(path, '');
      assert.deepEqual(warnings(stderr), ['[TRACELANE_WRITE_FAILED]']);
      assert.match(
        stderr,
        /full\.json can no longer be written: ENOSPC.*stats\(\)\.lost.*free some space/,
      );
      assert.deepEqual(problems(text ?? ''), []);
      assert.equal(namesIn(text, 'before'), 1000);
      assert.equal(writeErrors, 1);
      assert.ok(lost > 400_000);
      // Three events are the trace's own.
      assert.equal(written + lost, events + 3);
    } finally {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });

  test('and cannot even be started on says so at start()', async (t) => {
    if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here');
    const result = await runProgram(`
import { writeFileSync } from 'node:fs';
writeFileSync('trace.json', '[]');
try { new Tracer('/dev/full').start(); } catch ({ code, message }) { console.log(code, message); }`);
    assert.match(result.stdout, /^TRACELANE_CANNOT_OPEN .*\/dev\/full.*ENOSPC.*free some space/);
  });

  test('for this process, by a limit on the size of files, is met like any other', async () => {
    const { stderr, text, lost, written, events } = await run('limited.json', '', 'ulimit -f 1000');
    assert.deepEqual(warnings(stderr), ['[TRACELANE_WRITE_FAILED]']);
    assert.deepEqual(problems(text ?? ''), []);
    assert.equal(namesIn(text, 'before'), 1000);
    assert.equal(written + lost, events + 3);
  });
});

describe('a file that is', () => {
  for (const [what, harm] of [
    ['removed', 'fs.rmSync(path);'],
    ['removed with its folder', `fs.rmSync('folder', { recursive: true });`],
  ] as const) {
    test(`${what} while it is open is missed: one warning, and the program goes on`, async () => {
      const { text, lost, writeErrors, written, events, stderr } = await run(
        'folder/gone.json',
        harm,
      );
      assert.deepEqual(warnings(stderr), ['[TRACELANE_WRITE_FAILED]']);
      assert.match(stderr, /gone\.json can no longer be written: REMOVED.*Leave the file/);
      assert.equal(writeErrors, 1);
      assert.ok(lost > 400_000);
      assert.equal(written + lost, events + 3);
      assert.equal(text, null);
    });
  }

  test('made read-only while it is open is written to its end', async () => {
    const { text, lost, stderr } = await run('locked.json', 'fs.chmodSync(path, 0o444);');
    assert.equal(stderr, '');
    assert.equal(lost, 0);
    assert.equal(namesIn(text, 'after'), 500_000);
  });

  test('cut to nothing while it is open takes what comes later, at its place', async () => {
    const { lost, text } = await run('cut.json', 'fs.truncateSync(path);');
    assert.equal(lost, 0);
    assert.equal(namesIn(text, 'after'), 500_000);
  });
});
