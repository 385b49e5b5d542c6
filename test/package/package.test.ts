import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RecordedEvent } from '../record-trace.js';
import { ownArguments } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { ENVIRONMENT } from './environment.js';
import { quickStart } from './quick-start.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROJECTS = join(ROOT, 'test', 'package', 'projects');

describe('the package', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tracelane-package-')));
  const installed = join(folder, 'node_modules', 'tracelane');
  const quick = ['--no-audit', '--no-fund', '--ignore-scripts', '--cache', join(folder, 'cache')];
  let tarball = '';

  before(() => {
    npm(ROOT, 'pack', '--ignore-scripts', '--pack-destination', folder);
    const [name = 'none'] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
    tarball = join(folder, name);
    cpSync(PROJECTS, folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    npm(folder, 'install', '--offline', ...quick, tarball);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function npm(cwd: string, ...args: string[]): void {
    const cli = process.env['npm_execpath'];
    if (cli === undefined) run(cwd, 'npm', ...args);
    else run(cwd, process.execPath, cli, ...args);
  }

  /** Runs a development tool of the repository. */
  function tool(name: string, ...args: string[]): void {
    run(folder, process.execPath, join(ROOT, 'node_modules', '.bin', name), ...args);
  }

  function compile(project: string): void {
    const typeRoots = join(ROOT, 'node_modules', '@types');
    tool('tsc', '--project', join(folder, 'typescript', project), '--typeRoots', typeRoots);
  }

  /** Runs a program that records a bit, on two threads, and gives what it recorded. */
  function record(program: string, ...flags: string[]): RecordedEvent[] {
    const path = join(folder, program);
    const file = join(dirname(path), 'trace.json');
    const output = run(folder, process.execPath, ...flags, path, file);
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(checkTrace(text), []);
    const events: RecordedEvent[] = JSON.parse(text);
    const recorded = events.filter(({ ph }) => ph !== 'M' && ph !== 'e');
    assert.equal(output, `${recorded.length} events\n`);
    return recorded.sort((a, b) => a.ts - b.ts);
  }

  test('it holds the library, its sources and the documents, and nothing else', () => {
    const files = filesIn(installed);
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    assert.deepEqual(
      files.filter((file) => !/^(?:dist|src)\//.test(file)),
      documents,
    );
    const library =
      /^(?:src\/.*\.(?:tsx?|css)|dist\/.*\.(?:c?js|d\.ts)(?:\.map)?|dist\/types-cjs\/package.json|dist\/(?:page\/)?licenses\.txt|dist\/page\/page\.css|dist\/speedscope\/.*)$/;
    const strange = files.filter((file) => !library.test(file) || /\btest\b/.test(file));
    assert.deepEqual(strange, documents);
  });

  test('it holds all of the sources', () => {
    const sources = filesIn(join(ROOT, 'src')).filter((file) => !file.endsWith('tsconfig.json'));
    assert.ok(sources.includes('index.ts'));
    assert.deepEqual(
      sources.filter((file) => !existsSync(join(installed, 'src', file))),
      [],
    );
  });

  test('its source maps lead to its sources', () => {
    const astray = filesIn(installed)
      .filter((file) => file.endsWith('.map'))
      .flatMap((file) => {
        const { sources }: { sources: string[] } = JSON.parse(
          readFileSync(join(installed, file), 'utf8'),
        );
        return sources
          .filter((source) => !source.includes('node_modules'))
          .map((source) => join(installed, dirname(file), source));
      })
      .filter((source) => !existsSync(source));
    assert.deepEqual(astray, []);
  });

  test('it depends on nothing', () => {
    assert.deepEqual(
      readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['tracelane'],
    );
  });

  test('publint finds nothing wrong with it', () => {
    tool('publint', tarball, '--strict');
  });

  test('Are The Types Wrong finds nothing wrong with it', () => {
    tool('attw', tarball, '--no-emoji', '--no-color');
  });

  test('it works in JavaScript', () => {
    expectCalls(record('javascript/main.js'), ['main', 'add', 'in the worker']);
  });

  test('it works by require()', () => {
    expectCalls(record('commonjs/main.cjs'), ['main', 'add', 'in the worker']);
  });

  for (const [dialect, project] of [
    ['standard', 'tsconfig.json'],
    ['legacy', 'tsconfig.legacy.json'],
  ] as const) {
    test(`it works in TypeScript with ${dialect} decorators`, () => {
      compile(project);
      const calls = ['main', 'addLater', 'add', 'in the worker'];
      expectCalls(record(`typescript/out/${dialect}/main.js`), calls);
    });
  }

  test('the quick start of the README runs as it stands in what `npm init -y` makes', () => {
    const project = join(folder, 'quick-start');
    mkdirSync(project);
    npm(project, 'init', '-y');
    npm(project, 'install', '--offline', ...quick, tarball);
    const { name, code } = quickStart();
    writeFileSync(join(project, name), code);
    run(project, process.execPath, name);
    const text = readFileSync(join(project, 'trace.json'), 'utf8');
    assert.deepEqual(checkTrace(text), []);
    const events: RecordedEvent[] = JSON.parse(text);
    assert.deepEqual(
      events.filter(({ ph }) => ph !== 'M').map(({ ph, name: what }) => `${ph} ${what}`),
      ['C heap used', 'X read config', 'X startup', 'i ready'],
    );
  });

  test('its command reads what it has recorded', () => {
    record('javascript/main.js');
    const file = join(folder, 'javascript', 'trace.json');
    const command = join(folder, 'node_modules', '.bin', 'tracelane');
    assert.match(run(folder, command, 'check', file), /no findings in \d+ events/);
    assert.match(run(folder, command, 'summary', file), /in the worker +1 /);
    assert.match(run(folder, command, '--version'), /^\d+\.\d+\.\d+\n$/);
  });

  test('its command and its preload record a program, and both kinds of modules find the runtime', () => {
    const program = `require('tracelane/runtime').traceRuntime(undefined, { sources: 'gc' })[Symbol.dispose]();
      import('tracelane/runtime').then(({ traceRuntime }) => console.log(typeof traceRuntime));`;
    writeFileSync(join(folder, 'untouched.cjs'), program);
    const command = join(folder, 'node_modules', '.bin', 'tracelane');
    for (const [start, args] of [
      [command, ['run', '--quiet', '-o', 'untouched.json', 'untouched.cjs']],
      [process.execPath, ['--require', 'tracelane/register', 'untouched.cjs']],
      [process.execPath, ['--import', 'tracelane/register', 'untouched.cjs']],
    ] as const) {
      assert.equal(run(folder, start, ...args), 'function\n');
    }
    assert.match(readFileSync(join(folder, 'untouched.json'), 'utf8'), /"untouched\.cjs"/);
    assert.match(readFileSync(join(folder, 'trace.json'), 'utf8'), /"untouched\.cjs"/);
  });

  test('its reader gives the events of a trace', () => {
    record('javascript/main.js');
    const program = `import { readTrace } from 'tracelane/reader';
      for await (const { ph, name } of readTrace('javascript/trace.json')) {
        if (ph === 'X') console.log(name);
      }`;
    const names = run(folder, process.execPath, '--input-type=module', '-e', program).split('\n');
    assert.ok(names.includes('add') && names.includes('in the worker'), names.join());
  });

  test('speedscope comes with it, and the licences of what is in its files', () => {
    const shipped = join(installed, 'dist', 'speedscope');
    assert.ok(existsSync(join(shipped, 'index.html')) && existsSync(join(shipped, 'LICENSE.txt')));
    const licenses = readFileSync(join(installed, 'dist', 'licenses.txt'), 'utf8');
    for (const name of ['commander', 'cli-progress', 'cli-table3', 'csv-stringify', 'picocolors']) {
      assert.match(licenses, new RegExp(`^${name} \\d`, 'm'));
    }
  });

  test('the page of the viewer comes with it, and the licences of what is in that', () => {
    const shipped = join(installed, 'dist', 'page');
    for (const name of ['page.js', 'page.css', 'open-view.js', 'take-part.js', 'open-report.js']) {
      assert.ok(existsSync(join(shipped, name)), name);
    }
    assert.match(readFileSync(join(shipped, 'licenses.txt'), 'utf8'), /^preact \d/m);
  });

  test('its types need no types of Node, and no library beyond ES2020', () => {
    tool('tsc', '--project', join(folder, 'typescript', 'tsconfig.bare.json'));
  });

  test('what imports it and what requires it share one library', () => {
    const program = `import { createRequire } from 'node:module';
      import { getGlobalTracer, setGlobalTracer, Tracer } from 'tracelane';
      setGlobalTracer(new Tracer('shared.json'));
      const required = createRequire(import.meta.url)('tracelane');
      console.log(required.Tracer === Tracer, required.getGlobalTracer() === getGlobalTracer());`;
    writeFileSync(join(folder, 'shared.mjs'), program);
    assert.match(run(folder, process.execPath, 'shared.mjs'), /^true true$/m);
  });

  test('its types work with the module resolution of bundlers', () => {
    compile('tsconfig.bundler.json');
  });
});

/** The last one on a thread of its own. */
function expectCalls(events: readonly RecordedEvent[], names: readonly string[]): void {
  assert.deepEqual(
    events.map(({ name }) => name),
    names,
  );
  const add = events.find(({ name }) => name === 'add');
  assert.deepEqual(ownArguments(add?.args ?? {}), { a: 1, b: 2 });
  const threads = events.map(({ tid }) => tid);
  const main = threads.slice(0, -1);
  assert.equal(new Set(main).size, 1);
  assert.ok(!main.includes(threads.at(-1) ?? 0));
}

/** Runs a command; what it says is shown if it fails. */
function run(cwd: string, command: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: ENVIRONMENT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Paths of all files, with slashes, in order. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}
