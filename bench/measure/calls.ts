import { performance } from 'node:perf_hooks';
import { Bench } from 'tinybench';
import { setGlobalTracer, Tracer, traceAsyncFunction, traceFunction } from 'tracelane';
import { median } from '../run-jobs.js';
import { loadSubject } from '../subjects/index.js';
import { type Measures, report, withFile } from './output.js';

/**
 * What calls cost on the thread that makes them: `calls.js SUBJECT QUICK`. In batches, between
 * which the subject may bring to the file what it has: so no batch waits for a full buffer.
 */
const BATCH = 2000;
const [subjectName = 'tracelane', quick] = process.argv.slice(2);
/** All cases are gone through so often: what disturbs the machine for a moment meets them alike. */
const PASSES = quick === 'quick' ? 1 : 15;
const ITERATIONS = quick === 'quick' ? 10 : 20;

type Batch = () => unknown;

let sink = 0;
const clock = performance;

/** The floor, and nothing: what the others are measured by. */
const REFERENCES: Record<string, Batch> = {
  'two clock reads': () => {
    for (let i = 0; i < BATCH; i++) sink += clock.now() - clock.now();
  },
  'empty loop': () => {
    for (let i = 0; i < BATCH; i++) sink += i;
  },
};

function callsOf(tracer: Tracer, disabled: Tracer): Record<string, Batch> {
  const traced = traceFunction({ name: 'traced' })((x: number) => x + 1);
  const tracedAsync = traceAsyncFunction({ name: 'traced async' })(async (x: number) => x + 1);
  const nest = (depth: number): void => {
    const span = tracer.span('nested');
    if (depth > 1) nest(depth - 1);
    span.end();
  };
  const times = (call: (i: number) => unknown) => () => {
    for (let i = 0; i < BATCH; i++) call(i);
  };
  return {
    'span, nested 10 deep (each)': () => {
      for (let i = 0; i < BATCH / 10; i++) nest(10);
    },
    instant: times(() => tracer.instant('instant')),
    counter: times((i) => tracer.counter('counter', i)),
    'asyncBegin + asyncEnd': times(() => tracer.asyncEnd(tracer.asyncBegin('operation'))),
    'beginSpan + endSpan': times(() => tracer.endSpan(tracer.beginSpan('span'))),
    'flowStart + flowEnd': times(() => tracer.flowEnd(tracer.flowStart('flow'))),
    'trace(fn)': times((i) =>
      tracer.trace('trace', () => {
        sink += i;
      }),
    ),
    'traceFunction wrapper': times((i) => {
      sink += traced(i);
    }),
    'traceAsyncFunction wrapper': async () => {
      for (let i = 0; i < BATCH; i++) sink += await tracedAsync(i);
    },
    'category filtered': times(() => tracer.span('span', 'off').end()),
    disabled: times(() => disabled.span('span').end()),
  };
}

async function measure(batches: Record<string, Batch>, drain: () => Promise<unknown>) {
  const passes: Measures[] = [];
  for (let pass = 0; pass < PASSES; pass++) passes.push(await measureOnce(batches, drain, pass));
  return Object.fromEntries(
    Object.keys(batches).map((name) => [
      name,
      median(passes.map((one) => one[name] ?? Number.NaN)),
    ]),
  );
}

async function measureOnce(
  batches: Record<string, Batch>,
  drain: () => Promise<unknown>,
  pass: number,
): Promise<Measures> {
  const bench = new Bench({
    time: 0,
    iterations: ITERATIONS,
    warmupTime: 0,
    // Compiled in the first pass; the caches are warm after a few.
    warmupIterations: pass === 0 ? 4 * ITERATIONS : 2,
    throws: true,
  });
  for (const [name, batch] of Object.entries(batches)) {
    bench.add(name, batch, {
      afterEach: async () => {
        await drain();
      },
    });
  }
  const measures: Measures = {};
  for (const { name, result } of await bench.run()) {
    if (result.state === 'completed') measures[name] = (result.latency.p50 * 1e6) / BATCH;
  }
  return measures;
}

await withFile(async (file) => {
  const open = await loadSubject(subjectName);
  const subject = await open(file);
  const spans: Record<string, Batch> = {
    span: () => subject.spans(BATCH),
    'span, 2 flat args': () => subject.spansWithArgs(BATCH),
    'span, nested arg': () => subject.spansWithNestedArg(BATCH),
  };
  const measures = await measure({ ...REFERENCES, ...spans }, () => subject.drain());
  await subject.stop();
  if (subjectName === 'tracelane') {
    const tracer = new Tracer(file, { categories: '*,-off' }).start();
    setGlobalTracer(tracer);
    const disabled = new Tracer(file, { enabled: false });
    Object.assign(measures, await measure(callsOf(tracer, disabled), () => tracer.flush()));
    await tracer.stop();
  }
  // Said to nobody: what was computed must be of some use, or V8 leaves it out.
  measures['sum of no meaning'] = sink;
  delete measures['sum of no meaning'];
  report(measures);
});
