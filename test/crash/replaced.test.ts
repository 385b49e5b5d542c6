import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('./replaced-program.js', import.meta.url));

/** Runs the program with all that it replaces; see there. */
async function replaceAll(
  writer: string,
  suffix = '.json',
): Promise<{ cases: number; failures: string[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    program,
    writer,
    suffix,
  ]);
  return JSON.parse(stdout);
}

describe('a program that replaces functions of the language and of Node', () => {
  test('records with a writer in its own thread as ever, whichever of them it replaces', async () => {
    const { cases, failures } = await replaceAll('inline');
    assert.deepEqual(failures, []);
    assert.ok(cases > 1000, `${cases} cases`);
  });

  test('records a packed trace as ever, whichever it replaces of those that packing calls', async () => {
    const { cases, failures } = await replaceAll('inline', '.json.gz');
    assert.deepEqual(failures, []);
    assert.ok(cases > 80, `${cases} cases`);
  });

  test('records with a writer thread as ever, whichever of the common ones it replaces', async () => {
    const { cases, failures } = await replaceAll('thread');
    assert.deepEqual(failures, []);
    assert.ok(cases > 30, `${cases} cases`);
  });
});
