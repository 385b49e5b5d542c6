import { readFileSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { loadSubject } from '../subjects/index.js';
import { report, withFile } from './output.js';

/** Spans until they are in the file, all threads' CPU time counted: `disk.js SUBJECT COUNT ARGS`. */
const [subjectName = 'tracelane', count = '200000', args] = process.argv.slice(2);
/** After so many the program lets others run, as programs do. */
const BATCH = 5000;

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
  const sizeBefore = statSync(file).size;
  const cpuBefore = process.cpuUsage();
  const threadBefore = threadCpu();
  const start = performance.now();
  await run(Number(count));
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  const thread = threadCpu() - threadBefore;
  const bytes = statSync(file).size - sizeBefore;
  await subject.stop();
  report({
    'wall ns': (wall * 1e6) / Number(count),
    'CPU ns, app thread': thread / Number(count),
    'CPU ns, all threads': ((user + system) * 1000) / Number(count),
    bytes: bytes / Number(count),
  });
});
