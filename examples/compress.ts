/**
 * Compresses every file below a folder with two worker threads, and traces itself:
 *
 *     npm run example                  # node_modules
 *     npm run example -- some/folder
 *     TRACE=off npm run example        # the same program, not traced
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setGlobalTracer, Tracer } from 'tracelane';
import type { Result } from './compress/job.js';
import { type FoundFile, runPool } from './compress/pool.js';
import { showProgress } from './compress/progress.js';
import { Queue } from './compress/queue.js';
import { printReport, sizeOf } from './compress/report.js';
import { Walker } from './compress/walker.js';

const WORKERS = 2;
const QUEUE_LIMIT = 16;
const folder = process.argv[2] ?? 'node_modules';

const enabled = process.env['TRACE'] !== 'off';
const tracer = new Tracer('trace.json', { enabled, processName: 'compress' }).start();
// Decorators find it now, and so do the workers that are started from here on.
setGlobalTracer(tracer);
tracer.setThreadName('main: walks and hands over');
tracer.setThreadSortIndex(0);

// Ctrl-C stops the walk, and what was found is finished. A second one ends the process at once.
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

const heap = setInterval(() => {
  tracer.counter('heap used', process.memoryUsage().heapUsed);
}, 50);
const outputFolder = await mkdtemp(join(tmpdir(), 'tracelane-example-'));
try {
  await compressAll();
} finally {
  await rm(outputFolder, { recursive: true, force: true });
  clearInterval(heap);
  // After this the file is complete. Without it, the trace would be on disk all the same.
  await tracer.stop();
}
if (enabled) await printReport(tracer.outputFile, tracer.stats());
if (interrupt.signal.aborted) process.exitCode = 130;

async function compressAll(): Promise<void> {
  const walker = new Walker();
  const queue = new Queue<FoundFile>(QUEUE_LIMIT);
  const progress = showProgress(await countFiles(walker));
  const totals: Totals = { files: 0, failed: 0, bytesIn: 0, bytesOut: 0 };
  const work = [
    findFiles(walker, queue),
    runPool(WORKERS, queue, outputFolder, (file, result) => {
      takeResult(file, result, totals);
      progress.step();
    }),
  ];
  try {
    await Promise.all(work);
  } finally {
    // When one of them failed, the other is still to finish.
    await Promise.allSettled(work);
    progress.stop();
  }
  const { files, failed, bytesIn, bytesOut } = totals;
  console.log(`${files} files compressed: ${sizeOf(bytesIn)} to ${sizeOf(bytesOut)}`);
  if (failed > 0) console.log(`${failed} files could not be read: their spans show the error`);
}

/** The progress bar has to know what 100 % is. */
function countFiles(walker: Walker): Promise<number> {
  // An async function makes an async event. What it starts is drawn inside.
  return tracer.trace('count files', async () => {
    let count = 0;
    for await (const _path of walker.walk(folder)) count++;
    return count;
  });
}

async function findFiles(walker: Walker, queue: Queue<FoundFile>): Promise<void> {
  let number = 0;
  try {
    for await (const path of walker.walk(folder)) {
      if (interrupt.signal.aborted) break;
      // From here until its result is written. Many files are under way at once, and each has a
      // track of its own.
      const event = tracer.asyncBegin('file', undefined, 'file', { path });
      if (!(await queue.add({ path, number: number++, event }))) break;
    }
  } finally {
    queue.close();
  }
  // A line across all threads of the process.
  tracer.instant('all files found', 'walk', { files: number }, 'process');
}

interface Totals {
  files: number;
  failed: number;
  bytesIn: number;
  bytesOut: number;
}

function takeResult(file: FoundFile, result: Result, totals: Totals): void {
  using _span = tracer.span('take result', 'pool', { path: file.path });
  tracer.asyncEnd(file.event, { ...result });
  if (result.error === undefined) totals.files++;
  else totals.failed++;
  totals.bytesIn += result.bytesIn;
  totals.bytesOut += result.bytesOut;
  // One counter with two series.
  tracer.counter('bytes', { in: totals.bytesIn, out: totals.bytesOut });
}
