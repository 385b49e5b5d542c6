import { devNull } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Bench } from 'tinybench';
import { loadSubject } from '../subjects/index.js';
import { best, type Measures, report } from './output.js';

/**
 * What calls cost on the thread that makes them: `calls.js SUBJECT QUICK`. In batches, between
 * which the subject may bring to the file what it has: so no batch waits for a full buffer.
 *
 * Into /dev/null: the kernel brings files to the disk on the processor that is measured.
 */
const BATCH = 2000;
const [subjectName = 'tracelane', quick] = process.argv.slice(2);
/** All cases are gone through so often, and of each the best pass counts. */
const PASSES = quick === 'quick' ? 1 : 40;
const ITERATIONS = 10;

type Batch = () => unknown;

let sink = 0;
const clock = performance;

/** The floor, and nothing: what the others are measured by. */
const REFERENCES: Record<string, Batch> = {
  'two clock reads': () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += clock.now() - clock.now();
    sink += sum;
  },
  'empty loop': () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += i;
    sink += sum;
  },
};

async function measure(batches: Record<string, Batch>, drain: () => Promise<unknown>) {
  const passes: Measures[] = [];
  for (let pass = 0; pass < PASSES; pass++) passes.push(await measureOnce(batches, drain, pass));
  return best(passes);
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
    warmupIterations: pass === 0 ? 8 * ITERATIONS : 2,
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

const open = await loadSubject(subjectName);
const subject = await open(devNull);
const batches: Record<string, Batch> = {
  ...REFERENCES,
  span: () => subject.spans(BATCH),
  'span, 2 flat args': () => subject.spansWithArgs(BATCH),
  'span, nested arg': () => subject.spansWithNestedArg(BATCH),
  ...subject.otherCalls?.(BATCH),
};
const measures = await measure(batches, () => subject.drain());
await subject.stop();
// Nobody reads it: but what was computed must be of some use, or V8 leaves it out.
if (Number.isNaN(sink)) throw new Error('The clock gave no number.');
report(measures);
