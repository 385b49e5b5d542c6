const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Tracer } = require('tracelane');

test('a test records what it calls', async () => {
  const file = join(__dirname, 'trace.json');
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
