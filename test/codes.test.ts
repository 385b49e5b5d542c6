import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The texts of a form in another one, each once. */
function found(text: string, form: RegExp): string[] {
  return [...new Set(Array.from(text.matchAll(form), ([, code = '']) => code))].sort();
}

/** Names of environment variables: those that users set, and those between processes. */
const variables = new Set([
  ...found(read('docs/run.md'), /`(TRACELANE_[A-Z_]+)`/g),
  'TRACELANE_PARENT',
  'TRACELANE_RUN',
]);

function codesInSources(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => /\.tsx?$/.test(file)).map((file) => read(`src/${file}`));
  const names = found(sources.join('\n'), /'(TRACELANE_[A-Z_]+)'/g);
  return names.filter((name) => !variables.has(name));
}

test('each code of an error or a warning has a row in the documents, and each row a code', () => {
  const rows = found(read('docs/reliability.md'), /^\| `(TRACELANE_[A-Z_]+)` /gm);
  assert.deepEqual(rows, codesInSources());
});
