import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

/** What fake timers do to a process. */
const FAKE = `
  const { performance: perf } = await import('node:perf_hooks');
  for (const holder of [perf, Object.getPrototypeOf(perf)]) {
    Object.defineProperty(holder, 'now', { value: () => 0, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis, 'performance', { value: { now: () => 0, timeOrigin: 0 } });
  globalThis.setInterval = globalThis.setTimeout = globalThis.setImmediate = () => 1;
  globalThis.clearInterval = globalThis.clearTimeout = () => {};
  globalThis.Date = class extends Date { static now() { return 0; } };
`;

const RECORD = `
  const tracer = new Tracer('trace.json', { writer: process.argv[2] ?? WRITER }).start();
  tracer.instant('instant');
  tracer.counter('counter', 1);
  const span = tracer.span('span');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  const id = tracer.asyncBegin('operation');
  const flow = tracer.flowStart('flow');
  tracer.flowEnd(flow);
  tracer.asyncEnd(id);
  span.end();
  await tracer.flush();
  await tracer.stop();
`;

describe('fake timers', () => {
  for (const writer of ['thread', 'inline']) {
    for (const first of ['the library', 'fake timers']) {
      test(`change no time in the trace: ${first} loaded first, writer '${writer}'`, async () => {
        const early = `data:text/javascript,${encodeURIComponent(FAKE)}`;
        const { code, stderr, text } = await runProgram(
          `${first === 'the library' ? FAKE : ''}${RECORD}`.replace('WRITER', `'${writer}'`),
          { nodeArgs: first === 'the library' ? [] : ['--import', early] },
        );
        assert.equal(code, 0, stderr);
        assert.deepEqual(problems(text), []);
        assert.deepEqual(countEvents(text), {
          'i instant': 1,
          'C counter': 1,
          'X span': 1,
          'b operation': 1,
          'e operation': 1,
          's flow': 1,
          'f flow': 1,
        });
        const events = JSON.parse(text) as { name: string; dur?: number }[];
        const { dur = 0 } = events.find(({ name }) => name === 'span') ?? {};
        // It slept for 20 ms.
        assert.ok(dur >= 19_000, `${dur} µs`);
      });
    }
  }
});
