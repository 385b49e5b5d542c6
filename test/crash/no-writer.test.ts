import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { countEvents, problems, type RunOptions, runProgram } from '../run-program.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const permission =
  major > 22 || (major === 22 && minor >= 13) ? '--permission' : '--experimental-permission';

/** Runs a program whose writer thread cannot run, and looks at what it leaves behind. */
async function runWithoutWriter(program: string, options: RunOptions): Promise<void> {
  const run = await runProgram(
    `const tracer = new Tracer('trace.json', { bufferSize: 2 ** 18 }).start();
setGlobalTracer(tracer);
for (let i = 0; i < 50_000; i++) tracer.span('span', 'c', { i }).end();
${program}
const { dropped, lost } = await tracer.stop();
console.log(dropped, lost);`,
    options,
  );
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout, '0 0\n');
  assert.deepEqual(problems(run.text), []);
  assert.equal(countEvents(run.text)['X span'], 50_000);
  assert.equal(run.stderr.match(/\[TRACELANE_WRITER_INLINE\]/g)?.length, 1, run.stderr);
}

describe('a writer thread that cannot start', () => {
  test('for want of permission is replaced by the thread that records, with one warning', () =>
    runWithoutWriter('', {
      nodeArgs: [permission, '--allow-fs-read=*', '--allow-fs-write=*'],
    }));

  test('because it breaks as it starts is replaced, too, whenever that becomes known', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'library-'));
    try {
      const whole = readFileSync(fileURLToPath(import.meta.resolve('tracelane')), 'utf8');
      // Where the text of the writer's thread begins, in whatever quotes it stands.
      const broken = whole.replace(/use strict\\?"/, '$&;throw Error()');
      assert.notEqual(broken, whole);
      writeFileSync(join(folder, 'index.mjs'), broken);
      const library = pathToFileURL(join(folder, 'index.mjs')).href;
      const later = `await new Promise((resolve) => setTimeout(resolve, 200));
for (const span of ['a', 'b']) tracer.span(span).end();`;
      for (const program of ['', later]) await runWithoutWriter(program, { library });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
