import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runProgram } from '../run-program.js';

interface Event {
  name: string;
  ph: string;
  tid: number;
  args: { i?: number; count?: number };
}

/** Starts `threads` workers, so many at a time, that each record `spans` numbered spans. */
const load = (threads: number, atOnce: number, spans: number, options: string) => `
if (isMainThread) {
  const tracer = new Tracer('trace.json', ${options}).start();
  setGlobalTracer(tracer);
  process.on('warning', () => {});
  let left = ${threads};
  const next = async () => {
    while (left-- > 0) await new Promise((resolve) => new Worker(self).on('exit', resolve));
  };
  await Promise.all(Array.from({ length: ${atOnce} }, next));
  console.log(JSON.stringify(await tracer.stop()));
} else {
  const tracer = getGlobalTracer();
  for (let i = 0; i < ${spans}; i++) tracer.span('load', 'default', { i }).end();
}`;

async function run(threads: number, atOnce: number, spans: number, options: string) {
  const { stdout, text } = await runProgram(load(threads, atOnce, spans, options), {
    nodeArgs: ['--no-warnings'],
  });
  const stats = JSON.parse(stdout) as { events: number; dropped: number; openSpans: number };
  const events = JSON.parse(text) as Event[];
  const byThread = new Map<number, number[]>();
  for (const { name, ph, tid, args } of events) {
    if (name !== 'load') continue;
    assert.equal(ph, 'X');
    const numbers = byThread.get(tid) ?? [];
    numbers.push(args.i ?? -1);
    byThread.set(tid, numbers);
  }
  return { stats, events, byThread };
}

describe('under load', () => {
  test('4 threads at full speed lose nothing with overflow block, and keep their order', async () => {
    const { stats, byThread } = await run(4, 4, 100_000, '{ bufferSize: 1024 * 1024 }');
    assert.equal(stats.dropped, 0);
    assert.equal(stats.events, 400_000);
    assert.equal(byThread.size, 4);
    for (const numbers of byThread.values()) {
      assert.equal(numbers.length, 100_000);
      assert.ok(numbers.every((number, i) => number === i));
    }
  });

  test('more threads than chunks get along, each in its turn', async () => {
    const { stats, byThread } = await run(6, 6, 20_000, '{ bufferSize: 256 * 1024 }');
    assert.equal(stats.dropped, 0);
    assert.deepEqual(
      [...byThread.values()].map((numbers) => numbers.length),
      Array(6).fill(20_000),
    );
  });

  test('with overflow drop, recorded and dropped make up what was issued, and drops are shown', async () => {
    const { stats, events, byThread } = await run(
      4,
      4,
      100_000,
      "{ bufferSize: 256 * 1024, overflow: 'drop' }",
    );
    assert.equal(stats.events + stats.dropped, 400_000);
    const written = [...byThread.values()].reduce((sum, numbers) => sum + numbers.length, 0);
    assert.equal(written, stats.events, 'each span that was recorded has its end');
    const marked = events
      .filter(({ name }) => name === 'events dropped')
      .reduce((sum, { args }) => sum + (args.count ?? 0), 0);
    assert.equal(marked, stats.dropped);
    for (const numbers of byThread.values()) {
      assert.ok(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0)));
    }
  });

  test('200 workers that live shortly do not use up a small arena', async () => {
    const { stats, byThread } = await run(200, 8, 50, '{ bufferSize: 1024 * 1024 }');
    assert.deepEqual([stats.events, stats.dropped, stats.openSpans], [10_000, 0, 0]);
    assert.equal(byThread.size, 200);
  });
});
