import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tracer } from 'tracelane';
import { expect, test } from 'vitest';

test('a test records what it calls', async () => {
  const file = join(import.meta.dirname, 'trace.json');
  const tracer = new Tracer(file).start();
  const before = tracer.stats().written;
  expect(tracer.trace('work', () => 1 + 1)).toBe(2);
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 600 && tracer.stats().written === before; tries++) {
    Atomics.wait(nothing, 0, 0, 50);
  }
  expect(tracer.stats().written).toBeGreaterThan(before);
  expect((await tracer.stop()).dropped).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8')).map(({ name }) => name)).toContain('work');
});
