import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Tracer, type TracerOptions } from 'tracelane';
import { repairFile } from '#src/reader/repair/repair.js';
import { repetitions } from '../effort.js';
import { viewTrace } from '../perfetto/view.js';
import { countEvents, problems, runProgram } from '../run-program.js';
import { hasZstd, unpack } from '../unpack.js';
import { flushing } from './flushing.js';
import { CATCH_WRITER, killSoon } from './harm.js';

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly args: Readonly<Record<string, number>>;
}

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
after(() => rmSync(folder, { recursive: true }));

/** What the system has to unpack files with. */
const hasTool = (tool: string) => spawnSync(tool, ['--version']).status === 0;
const TOOLS = new Map([
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]);

/** Has a tool of the system unpack a file, if it is there. */
function assertToolReads(path: string, bytes: Buffer): void {
  const tool = TOOLS.get(/\.\w+$/.exec(path)?.[0] ?? '') ?? '';
  if (!hasTool(tool)) return;
  assert.deepEqual(execFileSync(tool, ['-dc', path], { stdio: ['ignore', 'pipe', 'pipe'] }), bytes);
}

let count = 0;
const newPath = (name: string) => join(folder, `${++count}-${name}`);

/** The kinds of names, and what is open in a trace, by name. */
const KINDS = [
  ['trace.json.gz', openInJson],
  ['trace.gz', openInJson],
  ['trace.pftrace.gz', openInPerfetto],
  ['trace.json.zst', openInJson],
  ['trace.pftrace.zst', openInPerfetto],
] as const;

function openInJson(bytes: Buffer): string[] {
  assert.deepEqual(problems(bytes.toString()), []);
  const events = JSON.parse(bytes.toString()) as Event[];
  const ended = new Set(events.filter(({ ph }) => ph === 'e').map(({ name }) => name));
  return events
    .filter(({ ph, name }) => ph === 'B' || (ph === 'b' && !ended.has(name)))
    .map(({ name }) => name);
}

function openInPerfetto(bytes: Buffer): string[] {
  const { slices, problems } = viewTrace(bytes);
  assert.deepEqual(problems, []);
  return slices.filter(({ end }) => end === undefined).map(({ name }) => name);
}

for (const [name, openIn] of KINDS) {
  describe(`a trace with the name ${name}`, { skip: name.endsWith('.zst') && !hasZstd }, () => {
    for (const options of [
      { writer: 'thread' },
      { writer: 'inline' },
      { writer: 'thread', flushInterval: 0 },
    ] satisfies TracerOptions[]) {
      test(`is whole after each flush, and shows what is open: ${JSON.stringify(options)}`, async () => {
        const path = newPath(name);
        const tracer = new Tracer(path, options).start();
        const look = () => {
          const packed = readFileSync(path);
          const bytes = unpack(name, packed);
          assertToolReads(path, bytes);
          assert.equal(tracer.stats().bytesWritten, packed.length);
          return openIn(bytes).sort();
        };
        assert.deepEqual(look(), []);
        const outer = tracer.span('outer', 'c', { list: [1] });
        const operation = tracer.asyncBegin('operation');
        await tracer.flush();
        assert.deepEqual(look(), ['operation', 'outer']);
        const inner = tracer.span('inner');
        for (let i = 0; i < 100; i++) tracer.span(`span ${i % 10}`, 'c', { i, text: '€' }).end();
        await tracer.flush();
        assert.deepEqual(look(), ['inner', 'operation', 'outer']);
        inner.end();
        tracer.asyncEnd(operation);
        tracer.flushSync();
        assert.deepEqual(look(), ['outer']);
        outer.end();
        const { lost, writeErrors } = await tracer.stop();
        assert.deepEqual([lost, writeErrors], [0, 0]);
        assert.deepEqual(look(), []);
        const text = unpack(name, readFileSync(path)).toString('latin1');
        assert.equal(text.startsWith('[{'), !name.includes('pftrace'));
      });
    }

    test('shows thousands of operations that are open, while others come and go', async () => {
      const path = newPath(name);
      const tracer = new Tracer(path, { writer: 'inline' }).start();
      const ids = Array.from({ length: 3000 }, (_, i) => tracer.asyncBegin(`operation ${i}`));
      const open = new Set(ids.map((_, i) => `operation ${i}`));
      for (let flush = 0; flush < 5; flush++) {
        for (let i = flush; i < ids.length; i += 7) {
          tracer.asyncEnd(ids[i] as number);
          open.delete(`operation ${i}`);
        }
        tracer.flushSync();
        assert.deepEqual(openIn(unpack(name, readFileSync(path))).sort(), [...open].sort());
      }
      await tracer.stop();
      assert.equal(openIn(unpack(name, readFileSync(path))).length, open.size);
    });
  });
}

for (const name of ['trace.json.gz', 'trace.json.zst']) {
  test(`${name}, cut off anywhere and repaired, has all that was flushed before the cut`, {
    skip: name.endsWith('.zst') && !hasZstd,
  }, async () => {
    const tracer = new Tracer(newPath(name), { writer: 'inline' }).start();
    const open = tracer.span('open');
    /** How long the file was after each flush: its end is shorter than what the next flushes put there. */
    const sizes: number[] = [];
    for (let flush = 0; flush < 20; flush++) {
      for (let i = 0; i < 50; i++) tracer.instant(`flush ${flush}`, 'c', { i, x: Math.random() });
      tracer.flushSync();
      sizes.push(tracer.stats().bytesWritten);
    }
    open.end();
    await tracer.stop();
    const bytes = readFileSync(tracer.outputFile);
    const cut = newPath(name);
    const repaired = newPath('repaired.json');
    for (const [flush, size] of sizes.entries()) {
      writeFileSync(cut, bytes.subarray(0, size - (flush % 3)));
      const { result } = await repairFile(cut, repaired);
      assert.equal(result.errors, 0);
      const counts = countEvents(readFileSync(repaired, 'utf8'));
      for (let before = 0; before < flush; before++) {
        assert.equal(counts[`i flush ${before}`], 50, `${size} bytes`);
      }
    }
  });
}

test('a name that asks for zstd is refused with a remedy where Node has none', {
  skip: hasZstd,
}, () => {
  const problem = { code: 'TRACELANE_NO_ZSTD', message: /v\d+.*Use Node 22\.15.*'\.gz'/ };
  assert.throws(() => new Tracer('trace.json.zst'), problem);
});

const FILE = { file: 'trace.json.gz' };
const KILLS = repetitions(40, { quick: 12, long: 1000 });
/** So many fit into what a kill leaves as a whole. */
const OPERATIONS = 30;

test(`whatever a flush has brought to disk is in the packed file after ${KILLS} kills`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const { stdout, text } = await runProgram(flushing(FILE.file, OPERATIONS), {
      ...FILE,
      onOutput: killSoon(),
    });
    // The last line may be there in part.
    const flushed = Number(stdout.split('\n').at(-2));
    const path = join(folder, 'killed.json');
    writeFileSync(path, text);
    const { result } = await repairFile(path, path);
    assert.equal(result.errors, 0);
    const events = JSON.parse(text) as Event[];
    const names = new Map<string, number>();
    for (const { name, ph } of events) {
      if (ph !== 'e') names.set(name, (names.get(name) ?? 0) + 1);
    }
    assert.equal(names.get('outermost'), 1);
    for (let i = 0; i < OPERATIONS; i++) assert.equal(names.get(`operation ${i}`), 1);
    for (let i = 0; i <= flushed; i++) assert.equal(names.get(`changing ${i}`), 1, `changing ${i}`);
    assert.ok((names.get('instant') ?? 0) >= 50 * flushed);
  }
});

describe('a packed trace', () => {
  test('holds what workers and child processes record, and what comes after the thread of its writer was ended', async () => {
    const { stdout, stderr, text, parts } = await runProgram(
      `${CATCH_WRITER}
      import { fork } from 'node:child_process';
      import { once } from 'node:events';
      const record = (tracer, name, count) => {
        for (let i = 0; i < count; i++) tracer.span(name, 'c', { i }).end();
      };
      if (!isMainThread) record(getGlobalTracer(), 'in a worker', 20_000);
      else if (process.argv[2] === 'child') record(getGlobalTracer(), 'in a child', 1000);
      else {
        const tracer = new Tracer('trace.json.gz', { flushInterval: 5 }).start();
        setGlobalTracer(tracer);
        await tracer.flush();
        const open = tracer.span('open');
        const child = fork(self, ['child']);
        const worker = new Worker(self);
        record(tracer, 'before', 20_000);
        await new Promise((resolve) => setTimeout(resolve, 20));
        void writer.terminate();
        await once(worker, 'exit');
        if (child.exitCode === null) await once(child, 'exit');
        record(tracer, 'after', 1000);
        open.end();
        const { lost, joined, unjoined } = await tracer.stop();
        console.log(lost, joined, unjoined.length);
      }`,
      FILE,
    );
    assert.equal(stdout, '0 1 0\n', stderr);
    assert.equal(parts.size, 0);
    assert.deepEqual(problems(text), []);
    const counts = {
      ...{ 'X open': 1, 'X before': 20_000, 'X after': 1000 },
      ...{ 'X in a worker': 20_000, 'X in a child': 1000 },
    };
    assert.deepEqual(countEvents(text), counts);
  });

  test('has each event before the call returns, with a flush interval of 0', async () => {
    const { signal, text } = await runProgram(
      `
      const tracer = new Tracer('trace.json.gz', { flushInterval: 0 }).start();
      const open = tracer.span('open');
      for (let i = 0; i < 100; i++) tracer.span('span').end();
      process.kill(process.pid, 'SIGKILL');`,
      FILE,
    );
    assert.equal(signal, 'SIGKILL');
    assert.deepEqual(countEvents(text), { 'B open': 1, 'X span': 100 });
  });

  test('that another process replaces says which one that was', async () => {
    const path = join(folder, 'shared.json.gz');
    const { stdout, stderr } = await runProgram(
      `
      import { execFileSync } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      const tracer = new Tracer(${JSON.stringify(path)}).start();
      if (process.argv[2] === undefined) {
        tracer.instant('lost');
        const pid = execFileSync(process.execPath, [fileURLToPath(self), 'other']);
        await tracer.stop();
        writeFileSync('trace.json', '[]');
        console.log(String(pid));
      } else {
        await tracer.stop();
        console.log(process.pid);
      }`,
    );
    assert.match(stderr, new RegExp(`REPLACED: another process, ${Number(stdout)}, has`));
  });

  test('is complete when the program exits in the middle', async () => {
    const { code, text } = await runProgram(
      `
      const tracer = new Tracer('trace.json.gz').start();
      tracer.span('open');
      for (let i = 0; i < 1000; i++) tracer.span('span').end();
      process.exit(3);`,
      FILE,
    );
    assert.equal(code, 3);
    assert.deepEqual(countEvents(text), { 'B open': 1, 'X span': 1000 });
  });

  test('begins again, with one warning, when it is emptied while it is open', async () => {
    const { stderr, text } = await runProgram(
      `
      import { truncateSync } from 'node:fs';
      const tracer = new Tracer('trace.json.gz').start();
      const open = tracer.span('open');
      tracer.span('before').end();
      await tracer.flush();
      truncateSync('trace.json.gz');
      tracer.span('after').end();
      await tracer.flush();
      open.end();
      await tracer.stop();`,
      FILE,
    );
    assert.equal(stderr.match(/\[TRACELANE_\w+\]/g)?.join(), '[TRACELANE_FILE_CUT]');
    assert.deepEqual(problems(text), []);
    assert.deepEqual(countEvents(text), { 'X open': 1, 'X after': 1 });
  });

  for (const [limit, shell] of [
    ['a full disk', ''],
    ['a limit on the size of files', 'ulimit -f 200'],
  ] as const) {
    test(`is whole where ${limit} stops it, with what was there and what fits`, async (t) => {
      const small = mkdtempSync(join(tmpdir(), 'small-'));
      try {
        if (shell === '') {
          try {
            execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', small], {
              stdio: 'ignore',
            });
          } catch {
            return t.skip('no tmpfs can be mounted here');
          }
        }
        const path = join(small, 'full.json.gz');
        const { stdout, stderr, code } = await runProgram(
          `
          import { writeFileSync } from 'node:fs';
          const tracer = new Tracer(${JSON.stringify(path)}).start();
          for (let i = 0; i < 1000; i++) tracer.instant('before', 'c', { i });
          tracer.span('open');
          const inner = tracer.span('ended');
          await tracer.flush();
          inner.end();
          for (let i = 0; i < 100_000; i++) tracer.instant('after', 'c', { i, x: Math.random() });
          const { events, written, lost, writeErrors } = await tracer.stop();
          writeFileSync('trace.json', '[]');
          console.log(events + 3 - written - lost, lost > 50_000, writeErrors);`,
          shell === '' ? {} : { shell },
        );
        assert.equal(code, 0, stderr);
        assert.equal(stdout, '0 true 1\n');
        assert.equal(stderr.match(/\[TRACELANE_\w+\]/g)?.join(), '[TRACELANE_WRITE_FAILED]');
        const text = unpack(path, readFileSync(path)).toString();
        assert.deepEqual(problems(text), []);
        const { 'i after': fitted = 0, ...rest } = countEvents(text);
        assert.deepEqual(rest, { 'i before': 1000, 'B open': 1, 'X ended': 1 });
        assert.ok(fitted > 500, `${fitted} events fitted`);
      } finally {
        if (existsSync(join(small, 'full.json.gz')) && shell === '')
          execFileSync('umount', [small]);
        rmSync(small, { recursive: true });
      }
    });
  }

  test('goes into a pipe in whole, also where its reader is slow', {
    skip: process.platform === 'win32',
  }, async () => {
    const { stdout, text } = await runProgram(
      `
      import * as fs from 'node:fs';
      import { execFileSync, spawn } from 'node:child_process';
      import { once } from 'node:events';
      execFileSync('mkfifo', ['pipe.json.gz']);
      const reader = spawn('sh', ['-c', 'sleep 0.3; cat pipe.json.gz > trace.json.gz']);
      const ended = once(reader, 'exit');
      const tracer = new Tracer('pipe.json.gz').start();
      const open = tracer.span('open');
      for (let i = 0; i < 50_000; i++) tracer.instant('instant', 'c', { i, x: Math.random() });
      open.end();
      const { lost } = await tracer.stop();
      await ended;
      console.log(lost);`,
      FILE,
    );
    assert.equal(stdout, '0\n');
    assert.deepEqual(problems(text), []);
    assert.deepEqual(countEvents(text), { 'X open': 1, 'i instant': 50_000 });
  });
});
