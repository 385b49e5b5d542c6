import { statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { loadSubject } from '../subjects/index.js';
import { report, threadCpu, withFile } from './output.js';

/** Spans until they are in the file, all threads' CPU time counted: `disk.js SUBJECT COUNT ARGS`. */
const [subjectName = 'tracelane', count = '200000', args] = process.argv.slice(2);
/** After so many the program lets others run, as programs do. */
const BATCH = 5000;
/**
 * Of so many portions the one counts that took the least CPU time. What others do on the machine only ever adds to
 * a time, and not to all alike: beside a busy neighbour on the same core a span takes 1.4 times as long, and two
 * readings of the clock 1.06 times.
 */
const PORTIONS = 5;
const ALL_THREADS = 'CPU ns, all threads';

await withFile(async (file) => {
  const open = await loadSubject(subjectName);
  const subject = await open(file);
  const run = async (spans: number) => {
    for (let done = 0; done < spans; done += BATCH) {
      if (args === 'args') subject.spansWithArgs(BATCH);
      else subject.spans(BATCH);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await subject.drain();
  };
  // Compiled and grown to size first.
  await run(4 * BATCH);
  let best = await measure(Number(count) / PORTIONS);
  for (let i = 1; i < PORTIONS; i++) {
    const next = await measure(Number(count) / PORTIONS);
    if (next[ALL_THREADS] < best[ALL_THREADS]) best = next;
  }
  await subject.stop();
  report(best);

  async function measure(spans: number) {
    const sizeBefore = statSync(file).size;
    const cpuBefore = process.cpuUsage();
    const threadBefore = threadCpu();
    const start = performance.now();
    await run(spans);
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      'wall ns': (wall * 1e6) / spans,
      'CPU ns, app thread': (threadCpu() - threadBefore) / spans,
      [ALL_THREADS]: ((user + system) * 1000) / spans,
      bytes: (statSync(file).size - sizeBefore) / spans,
    };
  }
});
