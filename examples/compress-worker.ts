import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { getGlobalTracer } from 'tracelane';
import { type Job, NO_MORE_JOBS, type Result } from './compress/job.js';

// The tracer of the program: nothing was passed to this thread by hand.
const tracer = getGlobalTracer();
tracer.setThreadName(`compress worker ${workerData}`);
tracer.setThreadSortIndex(workerData);

// Large files are compressed block by block, so that memory stays flat.
const block = Buffer.alloc(1024 * 1024);

parentPort?.on('message', (message: Job | typeof NO_MORE_JOBS) => {
  // Messages come in order: when this one is read, all jobs before it are done.
  if (message === NO_MORE_JOBS) parentPort?.close();
  else parentPort?.postMessage(work(message));
});

function work(job: Job): Result {
  tracer.asyncInstant(job.file, 'taken by a worker');
  try {
    return compress(job);
  } catch (error) {
    return { bytesIn: 0, bytesOut: 0, error: String(error) };
  } finally {
    // Begun on the main thread.
    tracer.endSpan(job.span);
  }
}

/** Blocking calls are fine here: this thread has nothing else to do. */
function compress(job: Job): Result {
  using span = tracer.span('compress', 'worker', { path: job.input });
  // The arrow from 'hand over' on the main thread points to the span that is open here.
  tracer.flowEnd(job.arrow);

  using input = open(job.input, 'r');
  using output = open(job.output, 'w');
  let bytesIn = 0;
  let bytesOut = 0;
  while (true) {
    const length = tracer.trace('read', () => readSync(input.fd, block), 'fs');
    if (length === 0) break;
    bytesIn += length;
    // Blocks that were compressed one by one are, one behind the other, a valid .gz file.
    const zipped = tracer.trace('gzip', () => gzipSync(block.subarray(0, length)), 'zlib');
    bytesOut += zipped.length;
    tracer.trace('write', () => writeSync(output.fd, zipped), 'fs');
  }
  // What is known only now is added to the span.
  span.end({ bytesIn, bytesOut });
  return { bytesIn, bytesOut };
}

/** An open file that closes at the end of the block that uses it. */
function open(path: string, flags: string): Disposable & { fd: number } {
  const fd = tracer.trace('open', () => openSync(path, flags), 'fs', { flags });
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
