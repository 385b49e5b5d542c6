import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

// The compiler runs the tests of types: it stops at an error that is not expected, and at an
// expected one that does not come. What is left to see to is that it has read all of them.

test('all tests of types were compiled, those of legacy decorators as well', () => {
  const sources = readdirSync(new URL('../../../test/types/', import.meta.url), {
    recursive: true,
    encoding: 'utf8',
  }).filter((file) => file.endsWith('.ts'));
  const missing = sources.filter(
    (file) => !existsSync(new URL(file.replace(/\.ts$/, '.js'), import.meta.url)),
  );
  assert.deepEqual(missing, []);
  assert.ok(sources.length > 1);
});

test('the tests of decorated methods were compiled in the legacy dialect as well', () => {
  assert.ok(existsSync(new URL('../legacy/recorder/decorators/methods.test.js', import.meta.url)));
});
