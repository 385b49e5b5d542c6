import { Worker } from 'node:worker_threads';
import { WRITER_PROGRAM } from '../../writer-program.js';
import { IS_NODE } from '../host.js';
import type { WriterData } from '../writer/run.js';

const YOUNG_GENERATION_MB = 16;

/**
 * Whether a thread can write the file of another at all: the number of an open file means nothing in
 * another thread of Deno, and Bun does not start one before its parent has come to its event loop.
 */
export const canRunWriter = IS_NODE;

/** Starts the writer's thread. Throws, or the thread emits `error`, where it cannot run. */
export function startWriterWorker(data: WriterData): Worker {
  return new Worker(WRITER_PROGRAM, {
    eval: true,
    name: 'tracelane-writer',
    workerData: data,
    // Most of what it makes is gone at once. By default, Node lets 48 MiB and more of it pile up
    // first, which the program would see as its own.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    // Nothing of the program's: no preloaded modules, no environment.
    execArgv: [],
    env: {},
    stdin: false,
    trackUnmanagedFds: false,
  });
}

/** What lets the thread run, by the code of the error that kept it from it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ERR_ACCESS_DENIED: 'Allow threads with --allow-worker.',
  ERR_WORKER_INIT_FAILED: 'Raise the limit on threads or memory (ulimit -u, ulimit -v).',
  ERR_WORKER_OUT_OF_MEMORY: 'Raise the limit on memory.',
};

/** What to do about a writer's thread that cannot run. */
export function remedyForThread(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return `${REMEDIES[code] ?? ''} Set writer: 'inline' to choose this.`.trimStart();
}
