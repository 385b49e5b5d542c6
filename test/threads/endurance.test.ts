import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repetitions } from '../effort.js';
import { countEvents, problems, runProgram } from '../run-program.js';

/** The long forms take minutes: `TRACELANE_LONG=1` asks for them. */
const WORKERS = repetitions(400, { quick: 200, long: 10_000 });
const SECONDS = repetitions(2, { quick: 1, long: 10 });

test(`${WORKERS} workers that live shortly, 8 at a time, lose nothing and leave nothing behind`, async () => {
  const run = await runProgram(
    `if (!isMainThread) {
  const tracer = getGlobalTracer();
  tracer.trace('work', (span) => { tracer.instant('step'); span.end({ n: workerData }); });
  if (workerData % 3 === 0) tracer.beginSpan('left open');
} else {
  const tracer = new Tracer('trace.json', { bufferSize: 2 ** 20 }).start();
  setGlobalTracer(tracer);
  const memory = () => { globalThis.gc(); return process.memoryUsage().rss / 2 ** 20; };
  let next = 0;
  let settled = 0;
  const lane = async () => {
    while (next < ${WORKERS}) {
      const worker = new Worker(self, { workerData: next++ });
      await new Promise((resolve) => worker.once('exit', resolve));
      if (next <= ${WORKERS / 4} && next % 50 === 0) settled = Math.max(settled, memory());
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  const growth = memory() - settled;
  const stats = await tracer.stop();
  console.log(JSON.stringify({ growth, ...stats }));
}`,
    { nodeArgs: ['--expose-gc'] },
  );
  const { growth, dropped, lost } = JSON.parse(run.stdout) as Record<string, number>;
  assert.deepEqual([dropped, lost], [0, 0]);
  assert.ok(Number(growth) < 48, `${growth} MiB more`);
  assert.deepEqual(problems(run.text), []);
  assert.deepEqual(countEvents(run.text), {
    'X work': WORKERS,
    'i step': WORKERS,
    'B left open': Math.ceil(WORKERS / 3),
  });
});

for (const [overflow, bufferSize] of [
  ['block', 16 * 1024 * 1024],
  ['drop', 128 * 1024],
] as const) {
  test(`32 workers at full speed for ${SECONDS} s, overflow '${overflow}': each event is accounted for`, async () => {
    const run = await runProgram(
      `import { createReadStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
if (!isMainThread) {
  const tracer = getGlobalTracer();
  const end = performance.now() + ${SECONDS * 1000};
  let issued = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 50; i++) tracer.instant('x', 'c', { worker: workerData, n: ++issued });
  }
  parentPort.postMessage(issued);
} else {
  const tracer = new Tracer('trace.json', { overflow: '${overflow}', bufferSize: ${bufferSize} }).start();
  setGlobalTracer(tracer);
  const issued = await Promise.all(Array.from({ length: 32 }, (_, workerData) => {
    const worker = new Worker(self, { workerData });
    return new Promise((resolve) => worker.once('message', resolve));
  }));
  const stats = await tracer.stop();
  const found = new Array(32).fill(0);
  const last = new Array(32).fill(0);
  let disorder = 0;
  let marked = 0;
  for await (const line of createInterface({ input: createReadStream('trace.json') })) {
    const mark = /"events dropped".*"count":(\\d+)/.exec(line);
    if (mark !== null) marked += Number(mark[1]);
    const event = /"worker":(\\d+),"n":(\\d+)/.exec(line);
    if (event === null) continue;
    const [worker, n] = [Number(event[1]), Number(event[2])];
    if (n <= last[worker]) disorder++;
    last[worker] = n;
    found[worker]++;
  }
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  console.log(JSON.stringify({ ...stats, issued: sum(issued), found: sum(found), disorder, marked,
    exact: issued.every((count, i) => count === found[i]) }));
  writeFileSync('trace.json', '[]');
}`,
    );
    const result = JSON.parse(run.stdout) as Record<string, number | boolean>;
    const { issued, found, events, dropped, lost, disorder, marked, exact } = result;
    assert.equal(lost, 0);
    assert.equal(disorder, 0);
    assert.equal(events, found);
    assert.equal(Number(found) + Number(dropped), issued);
    assert.equal(marked, dropped);
    if (overflow === 'block') assert.equal(exact, true, run.stdout);
    else assert.ok(Number(dropped) > 0, 'a small buffer had room for all');
  });
}
