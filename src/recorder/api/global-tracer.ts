import type { TraceError } from '../errors.js';
import { emitWarning } from '../record/report.js';
import { inheritedRoot } from '../session/child-processes.js';
import { tid } from '../session/thread-recorders.js';
import { inheritedHandle, publishHandle } from '../session/worker-handle.js';
import { Tracer } from './tracer.js';

/** The tracer of this thread that `setGlobalTracer` was last given. */
let globalTracer: Tracer | undefined;
/** The one that was found where there is none. */
let fallback: Tracer | undefined;

/**
 * The tracer that `setGlobalTracer` was given. In a worker thread: the one of the thread that
 * started it, with nothing passed by hand. In a child process: one for its own part of the trace
 * (see the option `childProcesses`). Where there is none: a tracer that records nothing, so
 * that libraries can trace without asking.
 *
 * A worker that runs already when the tracer is set does not see it: give it `tracer.handle()`.
 */
export function getGlobalTracer(): Tracer {
  return globalTracer ?? fallback ?? findTracer();
}

/**
 * Sets the tracer that decorators and `getGlobalTracer()` use, in this thread and in all workers
 * that are started from now on, and in theirs. `undefined` takes it away again.
 */
export function setGlobalTracer(tracer: Tracer | undefined): void {
  globalTracer?.unpublish();
  globalTracer = tracer;
  tracer?.publish();
}

/** Once in a thread: what a thread or a process inherits is there when it starts. */
function findTracer(): Tracer {
  fallback = connectToThread() ?? joinProcess() ?? new Tracer(undefined, { enabled: false });
  return fallback;
}

function connectToThread(): Tracer | undefined {
  const handle = inheritedHandle();
  if (handle === undefined) return undefined;
  publishHandle({ ...handle, from: tid });
  return Tracer.connect(handle);
}

function joinProcess(): Tracer | undefined {
  const root = inheritedRoot();
  if (root === undefined) return undefined;
  try {
    const tracer = Tracer.join(root);
    tracer.publish();
    return tracer;
  } catch (error) {
    // The program has asked for nothing that could fail.
    const { code, message } = error as TraceError;
    emitWarning(code, `${message} This process records nothing.`);
    return undefined;
  }
}
