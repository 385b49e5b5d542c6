import process from 'node:process';
import type { Worker } from 'node:worker_threads';
import { beforeListeners } from './before-listeners.js';
import { beginOperation } from './operation.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

/** Worker threads that the program starts, from start to exit. */
export function traceWorkers({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  undo.subscribe('worker_threads', ({ worker }: { worker: Worker }) => {
    const { threadId } = worker;
    const operation = beginOperation(tracer, `worker ${threadId}`, 'worker', {
      'thread.id': process.pid + threadId,
    });
    if (operation === undefined) return;
    beforeListeners(worker, { exit: (code) => operation.finish({ 'exit.code': code }) });
  });
  return undo;
}
