import {
  assignGlobalTracer,
  globalTracer,
  inheritedHandle,
  publishHandle,
} from './global-state.js';
import { tid } from './thread-recorders.js';
import { Tracer } from './tracer.js';

let fallback: Tracer | undefined;

/**
 * The tracer that `setGlobalTracer` was given. In a worker thread: the one of the thread that
 * started it, with nothing passed by hand. Where there is none: a tracer that records nothing, so
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
  assignGlobalTracer(tracer);
  publishHandle(tracer?.handle());
}

/** Once in a thread: what a thread inherits is there when it starts. */
function findTracer(): Tracer {
  const handle = inheritedHandle();
  if (handle === undefined) fallback = new Tracer(undefined, { enabled: false });
  else {
    fallback = Tracer.connect(handle);
    publishHandle({ ...handle, from: tid });
  }
  return fallback;
}
