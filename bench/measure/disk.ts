import { readFileSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { loadSubject } from '../subjects/index.js';
import { best, type Measures, report, withFile } from './output.js';

/** Spans until they are in the file, all threads' CPU time counted: `disk.js SUBJECT COUNT ARGS`. */
const [subjectName = 'tracelane', count = '200000', args] = process.argv.slice(2);
/** After so many the program lets others run, as programs do. */
const BATCH = 5000;
/** Of so many portions the best counts: see `best`. */
const PORTIONS = 5;

/** Nanoseconds that the calling thread has run: Linux tells. */
function threadCpu(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);
  } catch {
    return Number.NaN;
  }
}

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
  const portions: Measures[] = [];
  for (let i = 0; i < PORTIONS; i++) portions.push(await measure(Number(count) / PORTIONS));
  await subject.stop();
  report(best(portions));

  async function measure(spans: number): Promise<Measures> {
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
      'CPU ns, all threads': ((user + system) * 1000) / spans,
      bytes: (statSync(file).size - sizeBefore) / spans,
    };
  }
});
