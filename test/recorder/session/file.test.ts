import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { TraceError, Tracer, type TracerOptions } from 'tracelane';
import { countEvents, problems, runProgram } from '../../run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'file-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
const newPath = () => join(folder, `${++count}.json`);
const read = (path: string) => readFileSync(path, 'utf8');
const names = (path: string, ph: string) =>
  (JSON.parse(read(path)) as { ph: string; name: string }[])
    .filter((event) => event.ph === ph)
    .map(({ name }) => name);

for (const writer of ['thread', 'inline'] as const) {
  describe(`the file of a writer of the kind ${writer}`, () => {
    test('is strictly valid after each flush, with the spans that are open at its end', async () => {
      const path = newPath();
      const tracer = new Tracer(path, { writer }).start();
      assert.deepEqual(countEvents(read(path)), {}, 'valid from the start');
      const outer = tracer.span('outer', 'default', { kept: 'for later' });
      const operation = tracer.asyncBegin('operation');
      tracer.span('done').end();
      await tracer.flush();
      assert.deepEqual(names(path, 'B'), ['outer']);
      assert.deepEqual(names(path, 'b'), ['operation']);
      assert.deepEqual(names(path, 'X'), ['done']);
      assert.deepEqual(problems(read(path)), []);

      outer.end();
      const inner = tracer.span('inner');
      tracer.flushSync();
      assert.deepEqual(names(path, 'B'), ['inner']);
      assert.deepEqual(names(path, 'X'), ['done', 'outer']);
      assert.deepEqual(problems(read(path)), []);

      tracer.asyncEnd(operation);
      inner.end();
      await tracer.stop();
      assert.deepEqual(names(path, 'B'), []);
      assert.deepEqual(countEvents(read(path)), {
        'X done': 1,
        'X outer': 1,
        'X inner': 1,
        'b operation': 1,
        'e operation': 1,
      });
      const outerEvent = (JSON.parse(read(path)) as { name: string; args: object }[]).find(
        ({ name }) => name === 'outer',
      );
      assert.deepEqual(outerEvent?.args, { kept: 'for later' });
      assert.deepEqual(problems(read(path)), []);
    });

    test('has each event when the call returns, with flushInterval 0', () => {
      const path = newPath();
      const tracer = new Tracer(path, { writer, flushInterval: 0 }).start();
      tracer.instant('first');
      assert.deepEqual(names(path, 'i'), ['first']);
      const span = tracer.span('span');
      assert.deepEqual(names(path, 'B'), ['span']);
      span.end();
      assert.deepEqual(names(path, 'X'), ['span']);
      tracer.counter('counter', 1);
      assert.deepEqual(names(path, 'C'), ['counter']);
      tracer.stopSync();
      assert.deepEqual(problems(read(path)), []);
    });

    test('shows all spans that are open, each once, however many there are', async () => {
      const path = newPath();
      const tracer = new Tracer(path, { writer }).start();
      for (let i = 0; i < 10_005; i++) tracer.beginSpan(`span ${i}`);
      await tracer.flush();
      assert.equal(names(path, 'B').length, 10_005);
      const { size } = statSync(path);
      tracer.instant('a flush that has little to say');
      await tracer.flush();
      assert.ok(statSync(path).size < size + 200, 'and none of them is written again');
      const { openSpans } = await tracer.stop();
      assert.equal(openSpans, 10_005);
      assert.equal(names(path, 'B').length, 10_005, 'at the end, all of them');
    });
  });
}

test('both kinds of writer make the same file of the same program', async () => {
  const record = async (options: TracerOptions) => {
    const path = newPath();
    await using tracer = new Tracer(path, { ...options, processName: 'same' }).start();
    for (let i = 0; i < 3000; i++) {
      using span = tracer.span(`name ${i % 7}`, 'cat', { i, text: `"${i}"\n` });
      tracer.asyncEnd(tracer.asyncBegin('async'), { i });
      if (i % 100 === 0) span.end({ nested: { i } });
    }
    await tracer.stop();
    // What was open at a flush leaves blanks.
    const text = read(path).replaceAll(/ ?\n *(?=[,\n])/g, '');
    return text.replaceAll(/"(ts|dur)":[\d.]+|"trace_start".*/g, '');
  };
  assert.equal(await record({ writer: 'thread' }), await record({ writer: 'inline' }));
});

describe('start()', () => {
  test('makes missing folders and takes a file: URL', () => {
    const path = join(folder, 'a', 'b', 'trace.json');
    const tracer = new Tracer(pathToFileURL(path)).start();
    assert.equal(tracer.outputFile, path);
    tracer.stopSync();
    assert.ok(existsSync(path));
  });

  test('replaces a file, and is idempotent', () => {
    const path = newPath();
    writeFileSync(path, 'something old '.repeat(1000));
    const tracer = new Tracer(path).start();
    tracer.instant('one');
    tracer.start().instant('two');
    tracer.stopSync();
    assert.deepEqual(names(path, 'i'), ['one', 'two']);
  });

  test('begins a new trace in the same file after stop()', async () => {
    const path = newPath();
    const tracer = new Tracer(path);
    for (const name of ['first', 'second']) {
      tracer.start().instant(name);
      assert.equal(tracer.enabled, true);
      assert.equal((await tracer.stop()).events, 1);
      assert.deepEqual(names(path, 'i'), [name]);
    }
  });

  for (const [what, path, remedy] of [
    ['a folder', folder, /add a file name/],
    ['below a file', join(import.meta.filename, 'trace.json'), /A part of the path is a file/],
    ['a full disk', '/dev/full', /free some space/],
    ['where no folders can be made', '/proc/tracelane/trace.json', /cannot be made/],
  ] as const) {
    test(`fails clearly, and records nothing, where the path is ${what}`, (t) => {
      if (/^.(dev|proc)/.test(path) && !existsSync('/dev/full')) return t.skip('Linux only');
      const tracer = new Tracer(path);
      assert.throws(
        () => tracer.start(),
        (error) => {
          assert.ok(error instanceof TraceError);
          assert.equal(error.code, 'TRACELANE_CANNOT_OPEN');
          assert.ok(error.message.includes(path));
          assert.match(error.message, remedy);
          return true;
        },
      );
      assert.equal(tracer.enabled, false);
      tracer.span('nothing').end();
    });
  }
});

describe('stop()', () => {
  test('gives the numbers of the trace, again and again', async () => {
    const path = newPath();
    const tracer = new Tracer(path).start();
    tracer.span('a').end();
    tracer.span('never ended');
    tracer.instant('b');
    tracer.counter('c', Number.NaN);
    tracer.endSpan(12345);
    assert.equal(tracer.stats().events, 3, 'exact without a flush');
    assert.equal(tracer.stats().invalid, 1);
    const [first, second] = await Promise.all([tracer.stop(), tracer.stop()]);
    assert.deepEqual(first, second);
    assert.deepEqual(await tracer.stop(), first);
    assert.deepEqual(tracer.stopSync(), first);
    assert.deepEqual(tracer.stats(), first);
    const { events, dropped, lost, openSpans, unmatchedEnds, invalid, writeErrors } = first;
    assert.deepEqual(
      { events, dropped, lost, openSpans, unmatchedEnds, invalid, writeErrors },
      {
        events: 3,
        dropped: 0,
        lost: 0,
        openSpans: 1,
        unmatchedEnds: 1,
        invalid: 1,
        writeErrors: 0,
      },
    );
    const text = read(path);
    assert.equal(first.bytesWritten, Buffer.byteLength(text));
    assert.equal(first.written, (JSON.parse(text) as unknown[]).length);
  });

  test('is called by using and await using', async () => {
    const path = newPath();
    {
      using tracer = new Tracer(path).start();
      tracer.instant('sync');
    }
    assert.deepEqual(names(path, 'i'), ['sync']);
    {
      await using tracer = new Tracer(path).start();
      tracer.instant('async');
    }
    assert.deepEqual(names(path, 'i'), ['async']);
  });
});

describe('output that cannot be written over', () => {
  test('is one valid array in a pipe', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo]);
    let text = '';
    reader.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    const closed = new Promise((resolve) => reader.on('close', resolve));
    const tracer = new Tracer(fifo).start();
    for (let i = 0; i < 20_000; i++) {
      tracer.span('piped', 'default', { i }).end();
      if (i % 5000 === 0) await tracer.flush();
    }
    const { written, bytesWritten } = await tracer.stop();
    await closed;
    assert.deepEqual(countEvents(text), { 'X piped': 20_000 });
    assert.equal(bytesWritten, Buffer.byteLength(text));
    assert.equal(written, (JSON.parse(text) as unknown[]).length);
  });
});

describe('a disk that fills up', () => {
  test('costs what does not fit: one warning, a valid file, a program that goes on', async () => {
    // The limit of the process stands for the disk's end: its writes fail in the same way.
    const program = `
process.on('SIGXFSZ', () => {});
const tracer = new Tracer('trace.json').start();
for (let i = 0; i < 100_000; i++) tracer.span('event', 'default', { i }).end();
console.log(JSON.stringify(await tracer.stop()));`;
    const run = await runProgram(program, { shell: 'ulimit -f 2000' });
    assert.equal(run.code, 0);
    const stats = JSON.parse(run.stdout) as Record<string, number>;
    assert.equal(stats['events'], 100_000);
    assert.equal(stats['writeErrors'], 1);
    assert.ok(Number(stats['lost']) > 0);
    assert.equal(Number(stats['written']) + Number(stats['lost']), 100_003);
    assert.equal((JSON.parse(run.text) as unknown[]).length, stats['written']);
    assert.deepEqual(problems(run.text), []);
    assert.equal(run.stderr.match(/TRACELANE_WRITE_FAILED/g)?.length, 1);
    assert.match(run.stderr, /trace\.json can no longer be written: EFBIG/);
  });
});
