import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs the tests that were built, for which Node 20 has no patterns and Windows no `find`.
 * `npm test -- threads signals` runs those whose path has one of these in it; what begins with a
 * dash goes to `node --test`: `npm test -- signals --test-name-pattern=SIGINT`.
 */

const BUILT = fileURLToPath(new URL('./', import.meta.url));
/** Many tests run programs that have threads of their own: more at once would only wait. */
const CONCURRENCY = '--test-concurrency=2';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As in the repository: `test/threads/load.test.ts`. */
function sourceOf(file: string): string {
  return `test/${file.replaceAll(sep, '/').replace(/\.js$/, '.ts')}`;
}

function run(files: readonly string[], options: readonly string[]): void {
  const args = ['--test', CONCURRENCY, ...options, ...files.map((file) => join(BUILT, file))];
  const tests = spawn(process.execPath, args, { stdio: 'inherit' });
  // The tests end first, as `node --test` does by a signal; then this process, in the same way.
  const forward = (signal: NodeJS.Signals) => tests.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  tests.on('exit', (code, signal) => {
    for (const name of SIGNALS) process.off(name, forward);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
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

if (files.length > 0) run(files, options);
else {
  console.error(`No test file has '${wanted.join("' or '")}' in its path.`);
  process.exitCode = 1;
}
