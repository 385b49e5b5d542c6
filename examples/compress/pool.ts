import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type AsyncId, getGlobalTracer } from 'tracelane';
import { type Job, NO_MORE_JOBS, type Result } from './job.js';
import type { Queue } from './queue.js';

const SCRIPT = new URL('../compress-worker.js', import.meta.url);

/** A file that was found. */
export interface FoundFile {
  readonly path: string;
  readonly number: number;
  /** Its async event, which began when it was found. */
  readonly event: AsyncId;
}

/** Compresses what is in the queue, with so many worker threads, until it is closed and empty. */
export async function runPool(
  size: number,
  queue: Queue<FoundFile>,
  outputFolder: string,
  onResult: (file: FoundFile, result: Result) => void,
): Promise<void> {
  // The tracer is not among the data that workers are given: they find it by themselves.
  const workers = Array.from(
    { length: size },
    (_, index) => new Worker(SCRIPT, { workerData: index + 1 }),
  );
  const exits = workers.map(exitOf);
  const feeds = workers.map((worker) => feed(worker, queue, outputFolder, onResult));
  try {
    await Promise.all([...exits, ...feeds]);
  } finally {
    // When a worker has crashed: the others finish what they have taken.
    queue.close();
    await Promise.allSettled(exits);
  }
}

/** One job after the other, so that a worker has never more than one. */
async function feed(
  worker: Worker,
  queue: Queue<FoundFile>,
  outputFolder: string,
  onResult: (file: FoundFile, result: Result) => void,
): Promise<void> {
  try {
    for await (const file of queue) {
      const answer = once(worker, 'message') as Promise<[Result]>;
      handOver(worker, file, outputFolder);
      const [result] = await answer;
      onResult(file, result);
    }
  } finally {
    worker.postMessage(NO_MORE_JOBS);
  }
}

function handOver(worker: Worker, { path, number, event }: FoundFile, outputFolder: string): void {
  const tracer = getGlobalTracer();
  // Ended in the worker. It goes on when the span below is over, so it begins before that one.
  const span = tracer.beginSpan('job', 'pool', { path });
  // Ends with the function.
  using _span = tracer.span('hand over', 'pool', { path });
  // The arrow starts in the span that is open here: 'hand over'.
  const arrow = tracer.flowStart('job', undefined, 'pool');
  const output = join(outputFolder, `${number}.gz`);
  const job: Job = { input: path, output, file: event, span, arrow };
  worker.postMessage(job);
}

/** Resolves when the worker has ended as it should. */
async function exitOf(worker: Worker): Promise<void> {
  const [code] = await once(worker, 'exit');
  if (code !== 0) throw new Error(`A worker ended with exit code ${code}`);
}
