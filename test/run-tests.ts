import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs the tests that were built, for which Node 20 has no patterns and Windows no `find`.
 * `npm test -- threads signals` runs those whose path has one of these in it; what begins with a
 * dash goes to `node --test`: `npm test -- signals --test-name-pattern=SIGINT`.
 *
 * In CI, a few files that have failed run once more, alone: two hundred share two cores there, and what waits for a
 * browser, a server or a process for too long fails now and then. One that passes alone is named at the end: it
 * is a fault of the test or of the library that somebody has to look for. One that fails twice fails CI.
 */

const BUILT = fileURLToPath(new URL('./', import.meta.url));
/** Many tests run programs that have threads of their own: more at once would only wait. */
const CONCURRENCY = '--test-concurrency=2';
/** A test that hangs fails, with its name, before all of CI is over its time. */
const TIMEOUT = '--test-timeout=600000';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** So many files may run once more: more failures are no accident of a busy machine. */
const MOST_AGAIN = 5;

/** As in the repository: `test/threads/load.test.ts`. */
function sourceOf(file: string): string {
  return `test/${file.replaceAll(sep, '/').replace(/\.js$/, '.ts')}`;
}

interface Outcome {
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  /** The files in which a test has failed. */
  readonly failed: readonly string[];
}

async function run(paths: readonly string[], options: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'failed-'));
  const list = join(folder, 'files');
  const args = ['--test', CONCURRENCY, TIMEOUT];
  // Of Node's reporters, this one ends with all that has failed.
  args.push('--test-reporter=spec', '--test-reporter-destination=stdout');
  args.push(`--test-reporter=${new URL('failed-files.js', import.meta.url)}`);
  args.push(`--test-reporter-destination=${list}`);
  const tests = spawn(process.execPath, [...args, ...options, ...paths], { stdio: 'inherit' });
  // The tests end first, as `node --test` does by a signal; then this process, in the same way.
  const forward = (signal: NodeJS.Signals) => tests.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  const ended = await new Promise<Pick<Outcome, 'code' | 'signal'>>((resolve) => {
    tests.on('exit', (code, signal) => resolve({ code: code ?? 1, signal }));
  });
  for (const signal of SIGNALS) process.off(signal, forward);
  const failed = ended.code === 0 ? [] : readFileSync(list, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return { ...ended, failed };
}

async function runAll(paths: readonly string[], options: readonly string[]): Promise<void> {
  let { code, signal, failed } = await run(paths, options);
  const names = failed.map((path) => sourceOf(path.slice(BUILT.length)));
  const areFew = names.length > 0 && names.length <= MOST_AGAIN;
  if (process.env['CI'] !== undefined && areFew) {
    console.log(`\nOnce more, alone: ${names.join(', ')}\n`);
    ({ code, signal } = await run(failed, [...options, '--test-concurrency=1']));
    if (code === 0) console.log(`\nFAILED BESIDE OTHERS, PASSED ALONE: ${names.join(', ')}`);
  }
  if (signal === null) process.exitCode = code;
  else process.kill(process.pid, signal);
}

const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('-'));
const wanted = given
  .filter((argument) => !argument.startsWith('-'))
  .map((text) => text.replaceAll('\\', '/'));
const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => wanted.length === 0 || wanted.some((text) => sourceOf(file).includes(text)))
  .sort();

if (files.length > 0) {
  await runAll(
    files.map((file) => join(BUILT, file)),
    options,
  );
} else {
  console.error(`No test file has '${wanted.join("' or '")}' in its path.`);
  process.exitCode = 1;
}
