import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkTrace } from './viewers/checker.js';
import { importIntoDevTools } from './viewers/devtools.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Below the package, so that the samples find it by its own name. */
const project = join(root, 'build', 'readme');

/** The README's samples as files: those that name one, and all others, in order, as one program. */
function samples(): Map<string, string> {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const files = new Map([['api.ts', '']]);
  for (const [, code = ''] of readme.matchAll(/^```ts\n(.*?)^```$/gms)) {
    const name = /^\/\/ (\S+\.ts)$/m.exec(code.split('\n')[0] ?? '')?.[1] ?? 'api.ts';
    files.set(name, `${files.get(name) ?? ''}${code}`);
  }
  return files;
}

function run(sample: string, output: string): string {
  execFileSync(process.execPath, [join(project, 'out', sample)], { cwd: project });
  return readFileSync(join(project, output), 'utf8');
}

describe('the README', () => {
  before(() => {
    rmSync(project, { recursive: true, force: true });
    mkdirSync(project, { recursive: true });
    for (const [name, code] of samples()) writeFileSync(join(project, name), code);
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', 'ESNext.Decorators'],
      module: 'NodeNext',
      strict: true,
      types: ['node'],
      outDir: 'out',
      rootDir: '.',
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
  });

  test('has a quick start that writes a trace with its spans nested', async () => {
    const text = run('quick-start.js', 'trace.json');
    assert.deepEqual(checkTrace(text), []);
    const { threads } = await importIntoDevTools(text);
    const slices = threads.flatMap((thread) => thread.slices);
    assert.deepEqual(
      slices.map(({ name, depth }) => [name, depth]),
      [
        ['startup', 0],
        ['read config', 1],
      ],
    );
  });

  test('has API samples that run one after the other as one program', () => {
    const text = run('api.js', 'traces/api.json');
    assert.deepEqual(checkTrace(text), []);
    const names = new Set((JSON.parse(text) as { name: string }[]).map((event) => event.name));
    for (const name of [
      'load users',
      'parse',
      'request',
      'query',
      'queue',
      'load',
      'double',
      'job',
    ]) {
      assert.ok(names.has(name), `${name} is in the trace`);
    }
    assert.ok(!names.has('skipped'), 'the category that is left out is left out');
  });

  test('has a threads sample whose worker records into the same file', async () => {
    const text = run('threads.js', 'threads.json');
    assert.deepEqual(checkTrace(text), []);
    const { threads, asyncSlices } = await importIntoDevTools(text);
    const [work] = threads.flatMap((thread) => thread.slices);
    assert.equal(work?.name, 'work');
    assert.deepEqual(
      asyncSlices.map((slice) => slice.name),
      ['job'],
    );
  });

  test('is the same program as the example of that name', () => {
    const example = readFileSync(join(root, 'examples', 'quick-start.ts'), 'utf8');
    assert.equal(example, samples().get('quick-start.ts'));
  });
});
