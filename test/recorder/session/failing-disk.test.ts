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
tracer.span('open');
const inner = tracer.span('ended');
tracer.asyncBegin('operation');
await tracer.flush();
${harm}
const memory = () => process.memoryUsage().rss / 2 ** 20;
const start = memory();
let growth = 0;
inner.end();
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

/** The program closes its trace file, as one does that closes whatever it finds open. */
const CLOSE_TRACE = `
for (const fd of fs.readdirSync('/proc/self/fd')) {
  const link = '/proc/self/fd/' + fd;
  if (fs.existsSync(link) && fs.readlinkSync(link).endsWith('trace.json')) fs.closeSync(Number(fd));
}`;

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

/** All that was flushed is there, and each whole event that fits; nothing is there twice. */
function assertKept(text: string | null, written: number, capacity: number): void {
  const events = JSON.parse(text ?? '') as { name: string; ph: string }[];
  const phases = (wanted: string) =>
    events.filter(({ name }) => name === wanted).map(({ ph }) => ph);
  assert.equal(phases('before').length, 1000);
  assert.deepEqual(phases('open'), ['B']);
  assert.deepEqual(phases('operation'), ['b']);
  assert.deepEqual(phases('ended'), ['X']);
  const after = phases('after').length;
  assert.ok(after > 0, 'some of the events that came later fitted');
  // Beside those that are counted: two that are open.
  assert.equal(written, events.length - 2);
  const length = (text ?? '').length;
  assert.ok(
    length <= capacity && length > capacity - 300,
    `${length} of ${capacity} bytes are used`,
  );
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
      assertKept(text, written, 1024 * 1024);
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
    assertKept(text, written, 1000 * 512);
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

  for (const [what, harm, code] of [
    ['closed', '', 'EBADF'],
    ['closed, and another gets its number', "fs.openSync('other.json', 'w');", 'CLOSED'],
  ] as const) {
    for (const writer of ['thread', 'inline']) {
      test(`${what} by the program is missed: one warning, nothing is thrown or written there (writer: ${writer})`, async (t) => {
        if (!existsSync('/proc/self/fd')) return t.skip('the system does not list open files here');
        const { stderr, stdout, text } = await runProgram(`
          import * as fs from 'node:fs';
          const tracer = new Tracer('trace.json', { writer: '${writer}' }).start();
          tracer.instant('before');
          await tracer.flush();
          ${CLOSE_TRACE}
          ${harm}
          tracer.instant('after');
          tracer.flushSync();
          await tracer.flush();
          const { lost } = await tracer.stop();
          const other = fs.existsSync('other.json') ? fs.statSync('other.json').size : 0;
          console.log(JSON.stringify({ lost, other }));`);
        assert.deepEqual(JSON.parse(stdout), { lost: 1, other: 0 });
        assert.deepEqual(warnings(stderr), ['[TRACELANE_WRITE_FAILED]']);
        assert.match(stderr, new RegExp(`${code}.*let it close only what it has opened`));
        assert.equal(namesIn(text, 'before'), 1);
        assert.deepEqual(problems(text), []);
      });
    }
  }

  for (const [what, harm] of [
    ['closed', ''],
    ['closed, and another gets its number', "fs.openSync('other.json', 'w');"],
  ] as const) {
    for (const end of ['await tracer.stop();', 'tracer.stopSync();', 'process.exit();', '']) {
      const how = end === '' ? 'ends by itself' : `ends by ${end}`;
      test(`${what} before its writer is up is missed, too, by a program that ${how}`, async (t) => {
        if (!existsSync('/proc/self/fd')) return t.skip('the system does not list open files here');
        const { code, stderr, stdout, text } = await runProgram(`
          import * as fs from 'node:fs';
          process.on('exit', () => console.log(fs.existsSync('other.json') ? fs.statSync('other.json').size : 0));
          const tracer = new Tracer('trace.json').start();
          ${CLOSE_TRACE}
          ${harm}
          tracer.instant('after');
          ${end}`);
        assert.deepEqual([code, stdout], [0, '0\n'], stderr);
        assert.deepEqual(warnings(stderr), ['[TRACELANE_WRITE_FAILED]']);
        assert.deepEqual(problems(text), []);
      });
    }
  }

  test('written to by something else is a valid trace after the next flush', async () => {
    const { text, stdout } = await runProgram(`
      import * as fs from 'node:fs';
      const tracer = new Tracer('trace.json').start();
      const open = tracer.span('open');
      await tracer.flush();
      fs.appendFileSync('trace.json', 'a line of a log\\n'.repeat(500));
      tracer.instant('after');
      await tracer.flush();
      const shown = JSON.parse(fs.readFileSync('trace.json', 'utf8')).map(({ name }) => name);
      console.log(shown.includes('open') && shown.includes('after'));
      open.end();
      await tracer.flush();
      fs.truncateSync('trace.json', 100_000);
      await tracer.stop();`);
    assert.equal(stdout, 'true\n');
    assert.deepEqual(problems(text), []);
    assert.equal(namesIn(text, 'open') + namesIn(text, 'after'), 2);
  });

  test('made read-only while it is open is written to its end', async () => {
    const { text, lost, stderr } = await run('locked.json', 'fs.chmodSync(path, 0o444);');
    assert.equal(stderr, '');
    assert.equal(lost, 0);
    assert.equal(namesIn(text, 'after'), 500_000);
  });

  for (const [how, harm] of [
    ['emptied', 'fs.truncateSync(path);'],
    ['cut in the middle of an event', 'fs.truncateSync(path, 1000);'],
  ] as const) {
    for (const writer of ['thread', 'inline']) {
      test(`${how} while it is open begins again, with one warning (writer: ${writer})`, async () => {
        const { stderr, text, stdout } = await runProgram(`
          import * as fs from 'node:fs';
          if (!isMainThread) {
            getGlobalTracer().setThreadName('helper');
            parentPort.on('message', () => {
              getGlobalTracer().instant('from the worker');
              parentPort.close();
            });
            parentPort.postMessage('up');
          } else {
          const path = 'trace.json';
          const tracer = new Tracer(path, { writer: '${writer}', processName: 'first name' }).start();
          setGlobalTracer(tracer);
          tracer.setProcessName('server');
          tracer.setThreadName('listener');
          const worker = new Worker(self);
          await new Promise((resolve) => worker.once('message', resolve));
          const ended = new Promise((resolve) => worker.once('exit', resolve));
          const open = tracer.span('open');
          const flow = tracer.flowStart('flow');
          for (let i = 0; i < 100; i++) tracer.instant('before');
          await tracer.flush();
          ${harm}
          worker.postMessage('go on');
          for (let i = 0; i < 5000; i++) tracer.instant('after');
          await tracer.flush();
          JSON.parse(fs.readFileSync(path, 'utf8'));
          const shown = namesOf('B');
          open.end();
          await ended;
          await tracer.stop();
          console.log(JSON.stringify({ shown }));
          function namesOf(ph) {
            const events = JSON.parse(fs.readFileSync(path, 'utf8'));
            return events.filter((event) => event.ph === ph).map(({ name }) => name);
          }
          }
        `);
        assert.deepEqual(warnings(stderr), ['[TRACELANE_FILE_CUT]']);
        assert.deepEqual(JSON.parse(stdout), { shown: ['open'] });
        assert.deepEqual(problems(text), []);
        const events = JSON.parse(text) as { name: string; ph: string; args: { name: string } }[];
        assert.equal(namesIn(text, 'before'), 0, 'it is gone by the wish of who cut it');
        assert.equal(namesIn(text, 'after'), 5000);
        assert.equal(namesIn(text, 'from the worker'), 1);
        assert.equal(namesIn(text, 'trace_start'), 1);
        const told = (name: string) =>
          events.filter((event) => event.name === name).map(({ args }) => args.name);
        assert.deepEqual(told('thread_name').sort(), ['helper', 'listener']);
        assert.equal(told('process_name').at(-1), 'server');
        assert.deepEqual(
          events.filter(({ name }) => name === 'open').map(({ ph }) => ph),
          ['X'],
        );
      });
    }
  }
});
