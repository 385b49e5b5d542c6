import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Tracer, type TracerHandle } from 'tracelane';
import { countEvents, problems, runProgram } from '../run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'copies-'));
after(() => rmSync(folder, { recursive: true }));

const dist = dirname(fileURLToPath(import.meta.resolve('tracelane')));

/** Another copy of what was built. */
function copy(): string {
  const to = join(folder, 'second');
  cpSync(dist, to, { recursive: true, filter: (path) => !path.includes('speedscope') });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return JSON.stringify(pathToFileURL(join(to, 'index.js')).href);
}

/** One of another version: of the modules as they were before the build has put them together. */
function otherVersion(): string {
  const modules = fileURLToPath(new URL('../../src/', import.meta.url));
  // Beside the others, as they look for the writer's program from there.
  const to = mkdtempSync(join(dirname(modules), 'other-version-'));
  after(() => rmSync(to, { recursive: true }));
  cpSync(modules, to, { recursive: true });
  const file = join(to, 'recorder', 'session', 'shared-state.js');
  const code = readFileSync(file, 'utf8');
  const changed = code.replace('HANDLE_VERSION = 1;', 'HANDLE_VERSION = 99;');
  if (changed === code) throw new Error(`${file} has no version.`);
  writeFileSync(file, changed);
  return JSON.stringify(pathToFileURL(join(to, 'index.js')).href);
}

const second = copy();
const other = otherVersion();

function tids(text: string): number {
  const events = JSON.parse(text) as { ph: string; tid: number }[];
  return new Set(events.filter(({ ph }) => ph !== 'M').map(({ tid }) => tid)).size;
}

/** Loads the second copy. */
const SECOND: Readonly<Record<string, string>> = {
  'both as ES modules': `await import(${second})`,
  'one as CommonJS': `(await import('node:module')).createRequire(import.meta.url)(
    ${JSON.stringify(join(dist, 'index.cjs'))})`,
};

describe('two copies of the library in one process', () => {
  test('know their errors from each other, and no other errors', async () => {
    const url = (entry: string) => JSON.stringify(import.meta.resolve(entry));
    const { stdout } = await runProgram(`
      const { createRequire } = await import('node:module');
      const { traceRuntime } = await import(${url('tracelane/runtime')});
      const copies = [
        await import(${url('tracelane')}),
        await import(${second}),
        createRequire(import.meta.url)(${JSON.stringify(join(dist, 'index.cjs'))}),
      ];
      const classes = copies.map(({ TraceError }) => TraceError);
      const errors = classes.map((Class) => new Class('TRACELANE_BAD_CALL', 'wrong'));
      try { traceRuntime('no tracer'); } catch (error) { errors.push(error); }
      class Own extends classes[0] {}
      const own = new Own('TRACELANE_BAD_CALL', 'mine');
      const others = [new Error('x'), 'x', null, { name: 'TraceError' }];
      await new Tracer().start().stop();
      console.log(JSON.stringify([
        new Set(classes).size,
        classes.map((Class) => [...errors, own].every((error) => error instanceof Class)),
        classes.map((Class) => others.some((other) => other instanceof Class)),
        [own, ...errors].map((error) => error instanceof Own),
      ]));`);
    assert.deepEqual(JSON.parse(stdout), [
      3,
      [true, true, true],
      [false, false, false],
      [true, false, false, false, false],
    ]);
  });

  for (const [kinds, load] of Object.entries(SECOND)) {
    test(`have one global tracer, whichever sets it, and draw on one track: ${kinds}`, async () => {
      const { code, stderr, text } = await runProgram(
        `
      const copy = ${load};
      const tracer = new Tracer().start();
      setGlobalTracer(tracer);
      if (copy.getGlobalTracer() !== tracer) throw new Error('two tracers');
      const connected = copy.Tracer.connect(tracer.handle());
      const traced = copy.traceFunction({ name: 'inner' })(() => {});
      for (let i = 0; i < 1000; i++) {
        const outer = tracer.span('outer');
        const middle = connected.span('middle');
        traced();
        middle.end();
        outer.end();
      }
      await tracer.trace('request', async () => {
        await null;
        await copy.getGlobalTracer().trace('query', async () => {});
      });
      await tracer.stop();
    `,
      );
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      assert.deepEqual(problems(text), []);
      assert.equal(tids(text), 1);
      const counts = countEvents(text);
      assert.equal(counts['X outer'], 1000);
      assert.equal(counts['X middle'], 1000);
      assert.equal(counts['X inner'], 1000);
      const events = JSON.parse(text) as { name: string; ph: string; id: string }[];
      const ids = events.filter(({ ph }) => ph === 'b').map(({ id }) => id);
      assert.equal(ids.length, 2);
      assert.equal(ids[0], ids[1], 'the query is drawn inside the request');
    });
  }

  test('have one track in a worker, too', async () => {
    const { code, stderr, text } = await runProgram(`
      if (isMainThread) {
        const tracer = new Tracer().start();
        setGlobalTracer(tracer);
        await new Promise((done) => new Worker(self).once('exit', done));
        await tracer.stop();
      } else {
        const copy = await import(${second});
        for (let i = 0; i < 100; i++) {
          const outer = getGlobalTracer().span('outer');
          copy.getGlobalTracer().span('inner').end();
          outer.end();
        }
      }
    `);
    assert.equal(code, 0, stderr);
    assert.deepEqual(problems(text), []);
    assert.equal(tids(text), 1);
    assert.deepEqual(countEvents(text), { 'X outer': 100, 'X inner': 100 });
  });

  test('of two versions: what the other traces is not recorded, with one warning and no error', async () => {
    const { code, stderr, text } = await runProgram(`
      const copy = await import(${other});
      const tracer = new Tracer().start();
      setGlobalTracer(tracer);
      const traced = copy.traceFunction()(() => 1);
      for (let i = 0; i < 10; i++) {
        copy.getGlobalTracer().instant('lost');
        if (traced() !== 1) throw new Error('wrong');
        tracer.instant('kept');
      }
      try {
        copy.Tracer.connect(tracer.handle());
      } catch (error) {
        if (error.code !== 'TRACELANE_BAD_HANDLE') throw error;
      }
      await tracer.stop();
    `);
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(/TRACELANE_OTHER_VERSION/g)?.length, 1);
    assert.deepEqual(countEvents(text), { 'i kept': 10 });
  });
});

describe('the library in a vm context', () => {
  for (const writer of ['thread', 'inline']) {
    test(`shares the tracer and the track of the program: writer '${writer}'`, async () => {
      const { code, stderr, text } = await runProgram(
        `
        const vm = await import('node:vm');
        const { readFileSync } = await import('node:fs');
        const link = async (specifier, { context }) => {
          const module = await import(specifier);
          return new vm.SyntheticModule(Object.keys(module), function () {
            for (const key of Object.keys(module)) this.setExport(key, module[key]);
          }, { context });
        };
        const url = new URL(${second});
        const context = vm.createContext({ URL });
        const inside = new vm.SourceTextModule(readFileSync(url, 'utf8'), {
          context,
          identifier: url.href,
          initializeImportMeta: (meta) => { meta.url = url.href; },
        });
        await inside.link(link);
        await inside.evaluate();
        const tracer = new inside.namespace.Tracer('trace.json', { writer: '${writer}' }).start();
        setGlobalTracer(tracer);
        context.tracer = getGlobalTracer();
        const outside = Tracer.connect(tracer.handle());
        const outer = outside.span('outer', 'c', { error: new Error('e'), map: new Map([['a', 1]]) });
        await vm.runInContext(\`
          tracer.instant('inside', 'c', { error: new Error('e'), map: new Map([['a', 1]]), date: new Date(0) });
          tracer.trace('async', async () => { await null; });
        \`, context);
        outer.end();
        await tracer.stop();
      `,
        { nodeArgs: ['--experimental-vm-modules', '--no-warnings'] },
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(problems(text), []);
      assert.equal(tids(text), 1);
      const events = JSON.parse(text) as {
        name: string;
        ph: string;
        args: { error: { message: string }; map: object; date: string };
      }[];
      const inside = events.find(({ name }) => name === 'inside');
      assert.equal(inside?.args.error.message, 'e');
      assert.deepEqual(inside?.args.map, { a: 1 });
      assert.equal(inside?.args.date, '1970-01-01T00:00:00.000Z');
      assert.deepEqual(countEvents(text), {
        'X outer': 1,
        'i inside': 1,
        'b async': 1,
        'e async': 1,
      });
    });
  }
});

describe('Tracer.connect()', () => {
  const good = new Tracer(join(folder, 'good.json'), { writer: 'inline' }).handle();
  const bad: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    null: null,
    'a number': 1,
    'an empty object': {},
    'another version': { ...good, tracelane: 99 },
    'memory that is too small': { ...good, memory: new SharedArrayBuffer(8) },
    'memory of the right size that is no arena': {
      ...good,
      memory: new SharedArrayBuffer(good.memory.byteLength),
    },
    'memory that is not shared': { ...good, memory: new ArrayBuffer(good.memory.byteLength) },
    'an overflow that there is not': { ...good, overflow: 'wait' },
    'an output file that is a number': { ...good, outputFile: 1 },
    'categories that are missing': { ...good, categories: undefined },
    'a getter that throws': {
      get tracelane() {
        throw new Error('getter');
      },
    },
    'a proxy that throws': new Proxy(
      {},
      {
        get() {
          throw new Error('proxy');
        },
      },
    ),
  };
  for (const [what, handle] of Object.entries(bad)) {
    test(`refuses ${what} by its own error`, () => {
      assert.throws(() => Tracer.connect(handle as TracerHandle), { code: 'TRACELANE_BAD_HANDLE' });
    });
  }
});
