import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Tracer } from 'tracelane';
import { countEvents, runProgram } from '../../run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'output-file-'));
after(() => rmSync(folder, { recursive: true }));

function record(tracer: Tracer, name: string): string {
  tracer.start();
  tracer.instant(name);
  tracer.stopSync();
  return tracer.outputFile;
}

/** What is warned of while a function runs. */
async function warnings(run: () => void): Promise<string[]> {
  const codes: string[] = [];
  const listen = (warning: Error & { code?: string }) => codes.push(String(warning.code));
  process.on('warning', listen);
  run();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  return codes;
}

describe('the path of a trace', () => {
  test('has the pid, the time of the start and the number of the recording put into it', () => {
    const tracer = new Tracer(join(folder, '%p-%t-%n-100%%.json'), { writer: 'inline' });
    assert.equal(tracer.outputFile, join(folder, '%p-%t-%n-100%%.json'));
    const before = new Date();
    const first = record(tracer, 'first');
    const [, pid, time, number] = /\/(\d+)-(\d{8}T\d{6})-(\d+)-100%\.json$/.exec(first) ?? [];
    assert.equal(pid, String(process.pid));
    const stamp = before.toISOString().slice(0, 19).replace(/[-:]/g, '');
    assert.ok(String(time) >= stamp, `${time} is not ${stamp} or later`);
    const second = record(tracer, 'second');
    assert.ok(second.endsWith(`-${Number(number) + 1}-100%.json`), second);
    assert.deepEqual(countEvents(readFileSync(first, 'utf8')), { 'i first': 1 });
    assert.deepEqual(countEvents(readFileSync(second, 'utf8')), { 'i second': 1 });
  });

  test('is refused with the list of placeholders where it has another one', () => {
    for (const path of ['%x.json', 'a%', '%P']) {
      assert.throws(() => new Tracer(join(folder, path)), {
        code: 'TRACELANE_BAD_OPTION',
        message: /%p \(the pid\), %t .*, %n .* and %%/,
      });
    }
  });

  test('stands for itself where a worker connects to the trace', async () => {
    const { code, stderr, text } = await runProgram(`
      if (isMainThread) {
        const tracer = new Tracer('%%p.json').start();
        setGlobalTracer(tracer);
        await new Promise((done) => new Worker(self).once('exit', done));
        await tracer.stop();
        (await import('node:fs')).renameSync('%p.json', 'trace.json');
      } else {
        const tracer = getGlobalTracer();
        tracer.instant(tracer.outputFile.endsWith('/%p.json') ? 'right' : tracer.outputFile);
      }
    `);
    assert.equal(code, 0, stderr);
    assert.deepEqual(countEvents(text), { 'i right': 1 });
  });

  test('is counted on over the threads of a process', async () => {
    const { code, stderr, stdout } = await runProgram(`
      if (isMainThread) {
        new Tracer('trace.json', { writer: 'inline' }).start().stopSync();
        const tracer = new Tracer('main-%n.json', { writer: 'inline' }).start();
        await new Promise((done) => new Worker(self).once('exit', done));
        await tracer.stop();
        const next = new Tracer('main-%n.json', { writer: 'inline' }).start();
        next.stopSync();
        console.log(next.outputFile);
      } else {
        const tracer = new Tracer('worker-%n.json', { writer: 'inline' }).start();
        tracer.stopSync();
        console.log(tracer.outputFile);
      }
    `);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /worker-2\.json\n.*main-3\.json/s);
  });
});

describe('a recording that replaces the one before', () => {
  test('says so once, unless each has a file of its own', async () => {
    const same = new Tracer(join(folder, 'same.json'), { writer: 'inline' });
    const codes = await warnings(() => {
      for (const name of ['a', 'b', 'c']) record(same, name);
    });
    assert.deepEqual(codes, ['TRACELANE_FILE_REPLACED']);
    const own = new Tracer(join(folder, 'own-%n.json'), { writer: 'inline' });
    const none = await warnings(() => {
      for (const name of ['a', 'b', 'c']) record(own, name);
    });
    assert.deepEqual(none, []);
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('own-')).length, 3);
  });
});

describe('two tracers with one path', () => {
  for (const writer of ['thread', 'inline'] as const) {
    test(`are refused in one process, and the first one goes on: writer '${writer}'`, async () => {
      const path = join(folder, `${writer}.json`);
      const first = new Tracer(path, { writer }).start();
      const second = new Tracer(join(folder, '.', `${writer}.json`), { writer });
      assert.throws(() => second.start(), {
        code: 'TRACELANE_FILE_IN_USE',
        message: /in this thread.*%n/s,
      });
      second.instant('lost');
      first.instant('kept');
      await first.stop();
      assert.deepEqual(countEvents(readFileSync(path, 'utf8')), { 'i kept': 1 });
      record(second, 'later');
      assert.deepEqual(countEvents(readFileSync(path, 'utf8')), { 'i later': 1 });
    });
  }

  test('are refused where a worker has the second one, and the error says who has the file', async () => {
    const { code, stderr, stdout, text } = await runProgram(`
      if (isMainThread) {
        const tracer = new Tracer().start();
        await new Promise((done) => new Worker(self).once('exit', done));
        tracer.instant('kept');
        await tracer.stop();
      } else {
        try { new Tracer().start(); } catch (error) { console.log(error.code, error.message); }
      }
    `);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^TRACELANE_FILE_IN_USE .* in the main thread/);
    assert.deepEqual(countEvents(text), { 'i kept': 1 });
  });

  test('in two processes: the first says at its next flush that the second has replaced its file', async () => {
    const { code, stderr, stdout, text } = await runProgram(`
      const { spawnSync } = await import('node:child_process');
      if (process.argv[2] === 'second') {
        new Tracer().start().instant('second');
        console.log(process.pid);
      } else {
        const tracer = new Tracer().start();
        tracer.instant('first');
        tracer.flushSync();
        spawnSync(process.execPath, [new URL(self).pathname, 'second'], { stdio: 'inherit' });
        tracer.instant('lost');
        await tracer.stop();
        console.log(tracer.stats().lost);
      }
    `);
    assert.equal(code, 0, stderr);
    const [pid, lost] = stdout.trim().split('\n');
    assert.equal(lost, '1');
    assert.match(stderr, new RegExp(`REPLACED: another process, ${pid}, has replaced the file`));
    assert.match(stderr, /'%p' in the path/);
    assert.deepEqual(countEvents(text), { 'i second': 1 });
  });
});
