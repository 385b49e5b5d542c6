import { devNull } from 'node:os';
import { performance as clock } from 'node:perf_hooks';
import { loadSubject, PEERS } from '../subjects/index.js';
import { leastWork } from './least-work.js';
import { report, type Samples } from './output.js';

/**
 * What calls cost on the thread that makes them: `calls.js SUBJECT QUICK`.
 *
 * A pass makes so many calls of each sort, in batches, each beside a batch of the least work. Then
 * the subject may bring to the file what it has: so no batch waits for a full buffer.
 *
 * Batches are short because of tracelane's writer. In a batch of 2,000 spans a chunk gets full and
 * wakes the writer's thread, which on a busy machine takes the processor from this one: always from
 * the calls, never from the least work. Of batches of 200 one in ten meets that.
 *
 * Into /dev/null: the kernel brings files to the disk on the processor that is measured.
 */
const PASS = 2000;
const BATCH = 200;
const [subjectName = 'tracelane', quick] = process.argv.slice(2);
/**
 * Passes before anything is measured: a span takes twice as long in the first thirty, until V8 has
 * made up its mind about all that the calls have in common. They end early where they take
 * twice as long as what is measured: slow peers need not so many.
 */
const WARM_UP_PASSES = quick === 'quick' ? 0 : 50;
/** Then passes are made for so many milliseconds for each sort of call. */
const MEASURED_MS = quick === 'quick' ? 0 : 200;

/** Makes BATCH calls. */
type Batch = () => unknown;

interface Call {
  readonly name: string;
  readonly batch: Batch;
  /** The least work for the same. */
  readonly least: Batch;
}

let sink = 0;

const leastLoops = leastWork(BATCH);
const leastSpans: Batch = () => leastLoops.spans(BATCH);
const leastSpansWithArgs: Batch = () => leastLoops.spansWithArgs(BATCH);

/**
 * What the others are measured by. The least work beside itself shows how far the ratios can be
 * trusted: but for the noise they are 1.
 */
const REFERENCES: readonly Call[] = [
  { name: 'least work', batch: leastSpans, least: leastSpans },
  { name: 'least work, 2 flat args', batch: leastSpansWithArgs, least: leastSpansWithArgs },
  {
    name: 'two clock reads',
    batch: () => {
      let sum = 0;
      for (let i = 0; i < BATCH; i++) sum += clock.now() - clock.now();
      sink += sum;
    },
    least: leastSpans,
  },
  {
    name: 'empty loop',
    batch: () => {
      let sum = 0;
      for (let i = 0; i < BATCH; i++) sum += i;
      sink += sum;
    },
    least: leastSpans,
  },
];

/** Nanoseconds of one call. */
async function time(batch: Batch): Promise<number> {
  const start = clock.now();
  const pending = batch();
  // Nothing is awaited that need not be: other tasks would run within the time.
  if (pending instanceof Promise) await pending;
  return ((clock.now() - start) * 1e6) / BATCH;
}

async function measure(
  calls: readonly Call[],
  drain: () => Promise<unknown>,
  more: (passes: number) => boolean,
): Promise<Record<string, Samples>> {
  const samples = calls.map(() => ({ passes: [] as number[], ratios: [] as number[] }));
  for (let passes = 0; more(passes); passes++) {
    for (const [i, { batch, least }] of calls.entries()) {
      let sum = 0;
      for (let done = 0; done < PASS; done += BATCH) {
        // Each comes first in every second pair: what the one leaves behind meets the other, too.
        const leastFirst = done % (2 * BATCH) === 0;
        let floor = leastFirst ? await time(least) : Number.NaN;
        const took = await time(batch);
        if (!leastFirst) floor = await time(least);
        samples[i]?.ratios.push(took / floor);
        sum += took * BATCH;
      }
      samples[i]?.passes.push(sum / PASS);
      await drain();
    }
  }
  return Object.fromEntries(calls.map(({ name }, i) => [name, samples[i] as Samples]));
}

const open = await loadSubject(subjectName);
const subject = await open(devNull);
const ofSubject: readonly Call[] = [
  { name: 'span', batch: () => subject.spans(BATCH), least: leastSpans },
  {
    name: 'span, 2 flat args',
    batch: () => subject.spansWithArgs(BATCH),
    least: leastSpansWithArgs,
  },
  { name: 'span, nested arg', batch: () => subject.spansWithNestedArg(BATCH), least: leastSpans },
  ...Object.entries(subject.otherCalls?.(BATCH) ?? {}).map(([name, batch]) => ({
    name,
    batch,
    least: leastSpans,
  })),
];
const calls = PEERS.includes(subjectName) ? ofSubject : [...REFERENCES, ...ofSubject];
const drain = () => subject.drain();
const within = (ms: number) => {
  const end = clock.now() + ms;
  return () => clock.now() < end;
};
const warmUp = within(2 * MEASURED_MS * calls.length);
await measure(calls, drain, (passes) => passes < WARM_UP_PASSES && warmUp());
const measured = within(MEASURED_MS * calls.length);
const samples = await measure(calls, drain, (passes) => passes === 0 || measured());
await subject.stop();
// Nobody reads it: but what was computed must be of some use, or V8 leaves it out.
if (Number.isNaN(sink)) throw new Error('The clock gave no number.');
report(samples);
