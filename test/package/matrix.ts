import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { freePort } from '../free-port.js';
import type { RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { describeServers } from './documented-servers.js';
import { ALONE, install, MATRIX, node, run, tarball, tool } from './install-matrix.js';
import { MATRIX_ENVIRONMENT, npm, ROOT, start, TIMEOUT_MS } from './npm.js';
import { quickStart } from './quick-start.js';

/**
 * tracelane in the tools that programs are built, tested and run with, each installed from npm, and in
 * the runtimes that are not Node. `npm run test:projects` runs it; `npm test` needs no network.
 */

/** What a trace holds beside metadata, in the order of time. The file has to be right. */
function recorded(file: string): RecordedEvent[] {
  const text = readFileSync(file, 'utf8');
  assert.deepEqual(checkTrace(text), []);
  const events: RecordedEvent[] = JSON.parse(text);
  return events.filter(({ ph }) => ph !== 'M').sort((a, b) => a.ts - b.ts);
}

const namesIn = (file: string) => recorded(file).map(({ name }) => name);

/** A new folder far from all packages, with a copy of what is to be run there. */
function takeAway(name: string, output: string): string {
  const folder = join(ALONE, name);
  cpSync(output, folder, { recursive: true });
  return folder;
}

/** Runs a bundle of `esm/main.js` on its own. */
async function expectThread(folder: string, command: string, ...args: string[]): Promise<void> {
  const file = join(folder, 'trace.json');
  assert.equal(await run(folder, command, ...args, file), 'written by a thread\n');
  assert.deepEqual(namesIn(file), ['work']);
}

/** A folder for what a tool makes. */
function output(name: string): string {
  const folder = join(MATRIX, 'out', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

const offline = await install();
const options = { skip: offline, timeout: 2 * TIMEOUT_MS };
const main = join(MATRIX, 'esm', 'main.js');

after(() => rmSync(ALONE, { recursive: true, force: true }));

describe('CommonJS, and compilers that know nothing of exports', options, () => {
  const project = join(MATRIX, 'typescript');
  const expected = '2 events, 0 dropped: main, work\n';
  const compile = (...flags: string[]) =>
    node(
      project,
      tool('typescript', 'bin', 'tsc'),
      '--strict',
      '--skipLibCheck',
      'false',
      ...flags,
    );

  test('jest with its defaults records, by a writer thread', async () => {
    await node(join(MATRIX, 'jest'), tool('jest', 'bin', 'jest.js'), '--rootDir', '.');
  });

  test('ts-node runs a program that records', async () => {
    const compilerOptions = { module: 'commonjs', moduleResolution: 'node10', strict: true };
    const flags = ['--skipProject', '--compilerOptions', JSON.stringify(compilerOptions)];
    const command = [tool('ts-node', 'dist', 'bin.js'), ...flags, 'main.ts'];
    assert.equal(await node(project, ...command, join(ALONE, 'ts-node.json')), expected);
  });

  for (const [module, moduleResolution] of [
    ['commonjs', 'node10'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ] as const) {
    test(`TypeScript with moduleResolution ${moduleResolution} in a CommonJS package`, async () => {
      const out = output(`typescript-${moduleResolution}`);
      const flags = [
        '--target',
        'es2020',
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
        '--outDir',
        out,
      ];
      await compile('--types', 'node', ...flags, 'main.ts');
      assert.equal(await node(out, 'main.js', join(ALONE, `${moduleResolution}.json`)), expected);
    });
  }

  test('types need no types of Node, and no library beyond ES2020', async () => {
    const tsconfig = join(output('bare'), 'tsconfig.json');
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false },
      ...{ target: 'es2020', lib: ['es2020'], types: [] },
      ...{ module: 'commonjs', moduleResolution: 'node10' },
    };
    const files = [join(project, 'bare.ts')] as const;
    const program = join(ROOT, 'test', 'package', 'projects', 'typescript', 'bare', 'main.ts');
    copyFileSync(program, files[0]);
    writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files }));
    await node(project, tool('typescript', 'bin', 'tsc'), '--project', tsconfig);
  });
});

describe('the writer thread runs from inside of what a bundler makes', options, () => {
  for (const format of ['esm', 'cjs']) {
    test(`esbuild, ${format}`, async () => {
      const out = output(`esbuild-${format}`);
      const file = format === 'esm' ? 'main.mjs' : 'main.cjs';
      const flags = ['--bundle', '--minify', '--platform=node', `--format=${format}`];
      await run(MATRIX, tool('.bin', 'esbuild'), main, ...flags, `--outfile=${join(out, file)}`);
      await expectThread(takeAway(`esbuild-${format}`, out), process.execPath, file);
    });
  }

  test('rollup', async () => {
    const out = output('rollup');
    const flags = ['--plugin', 'node-resolve', '--format', 'es', '--silent'];
    await node(MATRIX, tool('rollup', 'dist', 'bin', 'rollup'), main, ...flags, '-d', out);
    writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
    await expectThread(takeAway('rollup', out), process.execPath, 'main.js');
  });

  test('webpack', async () => {
    const out = output('webpack');
    const build = `require('webpack')(
      {
        mode: 'production', target: 'node', entry: ${JSON.stringify(main)},
        output: { path: ${JSON.stringify(out)}, filename: 'main.cjs' },
      },
      (error, stats) => {
        const problems = error ?? (stats.hasErrors() || stats.hasWarnings());
        if (problems) throw new Error(String(error ?? stats.toString()));
      },
    );`;
    await node(MATRIX, '-e', build);
    await expectThread(takeAway('webpack', out), process.execPath, 'main.cjs');
  });

  test('vite, for a server, with nothing external', async () => {
    const out = output('vite');
    const build = `import { build } from 'vite';
      await build({
        configFile: false, logLevel: 'warn', ssr: { noExternal: true },
        build: { ssr: ${JSON.stringify(main)}, outDir: ${JSON.stringify(out)}, minify: true },
      });`;
    await node(MATRIX, '--input-type=module', '-e', build);
    await expectThread(takeAway('vite', out), process.execPath, 'main.mjs');
  });

  test('tsup', async () => {
    const out = output('tsup');
    const build = `require('tsup').build({
      entry: { main: ${JSON.stringify(main)} }, outDir: ${JSON.stringify(out)},
      format: 'cjs', outExtension: () => ({ js: '.cjs' }),
      noExternal: ['tracelane'], minify: true, config: false, silent: true,
    });`;
    await node(MATRIX, '-e', build);
    await expectThread(takeAway('tsup', out), process.execPath, 'main.cjs');
  });

  test('Next.js with webpack, standalone', async () => {
    const project = join(MATRIX, 'next');
    copyFileSync(join(MATRIX, 'esm', 'record.js'), join(project, 'record.js'));
    rmSync(join(project, '.next'), { recursive: true, force: true });
    await node(project, tool('next', 'dist', 'bin', 'next'), 'build', '--webpack');
    const out = takeAway('next', join(project, '.next', 'standalone'));
    const file = join(ALONE, 'next.json');
    assert.equal(await served(out, file), 'written by a thread');
    assert.deepEqual(namesIn(file), ['work']);
  });

  test('an executable file of Node’s own kind (SEA)', async () => {
    const out = output('sea');
    const bundle = join(out, 'main.cjs');
    const flags = ['--bundle', '--platform=node', '--format=cjs', `--outfile=${bundle}`];
    await run(MATRIX, tool('.bin', 'esbuild'), main, ...flags);
    const config = { main: bundle, output: join(out, 'blob'), disableExperimentalSEAWarning: true };
    writeFileSync(join(out, 'sea.json'), JSON.stringify(config));
    await node(out, '--experimental-sea-config', 'sea.json');
    const program = join(ALONE, 'program');
    copyFileSync(process.execPath, program);
    chmodSync(program, 0o755);
    const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
    const inject = ['NODE_SEA_BLOB', join(out, 'blob'), ...fuse];
    await node(out, tool('postject', 'dist', 'cli.js'), program, ...inject);
    await expectThread(ALONE, program);
  });
});

/** Starts a server of Next.js's, asks it once, and ends it as its host would. */
async function served(standalone: string, file: string): Promise<string> {
  const port = await freePort();
  const [server = 'none'] = readdirSync(standalone, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /(?:^|\/)server\.js$/.test(path) && !path.includes('node_modules'),
  );
  const child = spawn(process.execPath, [join(standalone, server)], {
    env: { ...MATRIX_ENVIRONMENT, PORT: String(port), HOSTNAME: '127.0.0.1', TRACE_FILE: file },
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    for (;;) {
      assert.equal(child.exitCode, null);
      try {
        const response = await fetch(`http://127.0.0.1:${port}/record`);
        return await response.text();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  } finally {
    child.kill();
    await ended;
  }
}

describeServers(options);

describe('package managers and test runners', options, () => {
  test('yarn with Plug’n’Play, which leaves the package in its archive', async () => {
    const project = join(ALONE, 'pnp');
    mkdirSync(project);
    copyFileSync(tarball(), join(project, 'tracelane.tgz'));
    cpSync(join(MATRIX, 'esm'), project, { recursive: true });
    const dependencies = { tracelane: 'file:./tracelane.tgz' };
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'pnp', type: 'module', private: true, dependencies }),
    );
    writeFileSync(
      join(project, '.yarnrc.yml'),
      'nodeLinker: pnp\nenableNetwork: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n',
    );
    const yarn = tool('@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
    await node(project, yarn, 'install');
    assert.ok(!existsSync(join(project, 'node_modules', 'tracelane')));
    await expectThread(project, process.execPath, yarn, 'node', 'main.js');
  });

  for (const pool of ['forks', 'threads', 'vmThreads']) {
    test(`vitest with its pool of ${pool}`, async () => {
      const flags = ['run', '--root', join(MATRIX, 'vitest'), `--pool=${pool}`];
      await node(MATRIX, tool('vitest', 'vitest.mjs'), ...flags);
    });
  }

  for (const pool of ['piscina', 'tinypool']) {
    for (const moment of ['before', 'after']) {
      test(`workers of ${pool}, of which the tracer was started ${moment} them`, async () => {
        const file = join(ALONE, `${pool}-${moment}.json`);
        const project = join(MATRIX, 'pools');
        assert.equal(await node(project, 'main.mjs', pool, moment, file), '20\n');
        const jobs = recorded(file).map(({ args }) => args['number']);
        const numbers = Array.from({ length: 20 }, (_, number) => number);
        assert.deepEqual(new Set(jobs), new Set(numbers));
      });
    }
  }
});

const ENDS = {
  'stop()': { code: 0 },
  nothing: { code: 0 },
  'process.exit()': { code: 3 },
  'an error that nobody catches': { code: 1 },
  SIGTERM: { signal: 'SIGTERM' },
} as const;

/** What docs/integration.md says that Deno has to allow. */
const DENO_RIGHTS = ['--allow-read', '--allow-write', '--allow-env', '--allow-run'];

for (const [name, command] of [
  ['Bun', [tool('@oven', 'bun-linux-x64', 'bin', 'bun')]],
  ['Deno', [tool('@deno', 'linux-x64-glibc', 'deno'), 'run', ...DENO_RIGHTS]],
] as const) {
  const [executable, ...flags] = command;
  const missing = existsSync(executable) ? false : `${name} was not installed for this system`;
  const project = join(MATRIX, 'runtimes');

  describe(name, { ...options, skip: offline || missing }, () => {
    for (const [end, expected] of Object.entries(ENDS)) {
      test(`all is in the file after a program that ends by ${end}`, async () => {
        const file = join(ALONE, `${name}-${end.replace(/\W/g, '')}.json`);
        const args = [...flags, 'main.mjs', end, file];
        const { code, signal, stdout, stderr } = await start(project, executable, args);
        assert.ok(
          'code' in expected ? code === expected.code : signal === expected.signal,
          `${code} ${signal} ${stderr}`,
        );
        assert.equal(stdout, '100 flushed\n');
        assert.doesNotMatch(stderr, /Tracelane|EBADF/);
        const names = namesIn(file);
        const count = (wanted: string) => names.filter((other) => other === wanted).length;
        assert.deepEqual(
          ['flushed', 'sent', 'work', 'done', 'last'].map(count),
          [100, 1, 500, 1, 100],
        );
        // What the worker did lies between what the main thread did before and after it.
        const during = names.slice(names.indexOf('sent') + 1, names.indexOf('done'));
        assert.equal(during.filter((other) => other === 'work').length, 500);
      });
    }

    test('a child process records into the trace, at its place in time', async () => {
      const file = join(ALONE, `${name}-child.json`);
      const output = await run(project, executable, ...flags, 'main.mjs', 'child processes', file);
      assert.equal(output, '100 flushed\n1 joined\n');
      const names = namesIn(file).filter((event) => /child|done/.test(event));
      assert.deepEqual(names, ['done', 'in the child', 'child done']);
    });
  });
}

describe(
  'the quick start of the README, as it stands, in what `npm init -y` makes',
  options,
  () => {
    const { name, code } = quickStart();

    for (const line of ['22', '24', '26']) {
      const executable = tool(`node-${line}`, 'bin', 'node');
      const missing = existsSync(executable) ? false : `Node ${line} was not installed`;
      test(`Node ${line}`, { skip: missing }, async () => {
        const project = join(ALONE, `quick-start-${line}`);
        mkdirSync(project);
        await npm(project, 'init', '-y');
        const { code: installed, stderr } = await npm(project, 'install', '--offline', tarball());
        assert.equal(installed, 0, stderr);
        writeFileSync(join(project, name), code);
        await run(project, executable, name);
        assert.ok(namesIn(join(project, 'trace.json')).includes('startup'));
      });
    }
  },
);
