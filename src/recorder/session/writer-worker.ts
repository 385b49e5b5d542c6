import { Worker } from 'node:worker_threads';
import { OwnWeakMap } from '../../intrinsics/language.js';
import { WRITER_PROGRAM } from '../../writer-program.js';
import { IS_NODE } from '../host.js';
import type { WriterData } from '../writer/run.js';

const YOUNG_GENERATION_MB = 4;

/**
 * Whether another thread can be the writer. In Deno, an open file belongs to the thread that opened it.
 * Bun starts a thread only when the one that asked for it comes back to its event loop.
 */
export const canRunWriter = IS_NODE;

const writers = new OwnWeakMap<object, true>();

/** Whether what Node tells the program of is a writer's thread of ours. */
export function isWriterWorker(worker: unknown): boolean {
  return typeof worker === 'object' && worker !== null && writers.has(worker);
}

/** Starts the writer's thread. Throws, or the thread emits `error`, where it cannot run. */
export function startWriterWorker(data: WriterData): Worker {
  const worker = new Worker(WRITER_PROGRAM, {
    eval: true,
    name: 'tracelane-writer',
    workerData: data,
    // Nearly all that the writer allocates is garbage at once. By default, Node lets 48 MiB and more of
    // that pile up before it collects, and it counts as the program's memory.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    // Without the program's preloaded modules (`--import`) and environment variables.
    execArgv: [],
    env: {},
    stdin: false,
    // It prints nothing. Else Node opens the streams of the program, which makes pipes non-blocking: its own
    // `fs.writeSync(1, …)` would fail where nobody reads fast enough.
    stdout: true,
    stderr: true,
    trackUnmanagedFds: false,
  });
  writers.set(worker, true);
  return worker;
}

/** What to do, by the code of the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  ERR_ACCESS_DENIED: 'Allow threads with --allow-worker.',
  ERR_WORKER_INIT_FAILED: 'Raise the limit on threads or memory (ulimit -u, ulimit -v).',
  ERR_WORKER_OUT_OF_MEMORY: 'Raise the limit on memory.',
};

/** What to do about a writer thread that cannot run because of this error. */
export function remedyForThread(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return `${REMEDIES[code] ?? ''} Set writer: 'inline' to choose this.`.trimStart();
}
