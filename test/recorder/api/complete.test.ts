import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tracer } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { problems, runProgram } from '../../run-program.js';
import { checkTrace } from '../../viewers/checker.js';
import { importIntoDevTools } from '../../viewers/devtools.js';

async function record(body: (tracer: Tracer) => unknown) {
  const trace = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(checkTrace(trace.text), []);
  const { threads } = await importIntoDevTools(trace.text);
  return { ...trace, slices: threads[0]?.slices.map(({ name, depth }) => [name, depth]) };
}

describe('complete()', () => {
  test('nests phases in the whole that they make up, whichever is reported first', async () => {
    const { slices } = await record(async (tracer) => {
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
      tracer.complete('first phase', start, 1);
      tracer.complete('second phase', start + 1, 1);
      tracer.complete('whole', start, 2);
      tracer.complete('whole of another', start + 2, 2);
      tracer.complete('its first phase', start + 2, 1);
    });
    assert.deepEqual(slices, [
      ['whole', 0],
      ['first phase', 1],
      ['second phase', 1],
      ['whole of another', 0],
      ['its first phase', 1],
    ]);
  });

  test('shows all that came before the trace', async () => {
    const start = performance.now();
    const { events } = await record((tracer) => {
      tracer.complete('early', start, 0.001);
      tracer.complete('early, too', start, 0.002);
      tracer.complete('reaches in', start, performance.now() - start);
    });
    const shown = events.filter(({ ph }) => ph === 'X' || ph === 'b').map(({ name }) => name);
    assert.deepEqual(shown.sort(), ['early', 'early, too', 'reaches in']);
  });

  test('in immediate succession gives slices side by side', async () => {
    const { slices } = await record((tracer) => {
      let last = performance.now();
      for (let i = 0; i < 500; i++) {
        const now = performance.now();
        tracer.complete('step', last, now - last);
        last = now;
      }
    });
    assert.equal(slices?.filter(([name]) => name === 'step').length, 500);
  });

  for (const writer of ['inline', 'thread']) {
    test(`with times out of all bounds costs nothing but its own event (writer: ${writer})`, async () => {
      const run = await runProgram(
        `
const tracer = new Tracer('trace.json', { writer: '${writer}' }).start();
await tracer.flush();
const huge = [Date.now(), 1e13, 1e16, 1e100, 1e305, Number.MAX_VALUE];
for (const time of huge) {
  tracer.complete('start', time, 5);
  tracer.complete('duration', 0, time);
  tracer.complete('sum', time, time);
}
for (let i = 0; i < 100; i++) tracer.complete('mistaken clock', Date.now() + i / 7, 5);
tracer.instant('after');
await tracer.stop();
console.log('stopped');
process.exit();`,
        { shell: 'ulimit -t 20' },
      );
      assert.equal(run.stdout, 'stopped\n');
      assert.equal(run.code, 0);
      assert.deepEqual(problems(run.text), []);
      const names = (JSON.parse(run.text) as { name: string }[]).map(({ name }) => name);
      assert.ok(names.includes('after'));
    });
  }
});
