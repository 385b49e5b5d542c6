import { withOriginals } from '../../intrinsics/originals.js';
import type { TraceError } from '../errors.js';
import { emitWarning } from '../record/report.js';
import { inheritedRoot } from '../session/child-processes.js';
import { sharedByCopies } from '../session/shared-state.js';
import { tid } from '../session/thread-recorders.js';
import { inheritedHandle, publishHandle, readHandle } from '../session/worker-handle.js';
import { checkTracer } from './given-tracer.js';
import { Tracer } from './tracer.js';

interface GlobalTracer {
  /** The tracer of this thread that `setGlobalTracer` was last given. */
  given: Tracer | undefined;
  /** The one that `getGlobalTracer` has found where none was given. */
  found: Tracer | undefined;
}

const tracer: GlobalTracer = sharedByCopies('global tracer', () => ({
  given: undefined,
  found: undefined,
}));

/**
 * The tracer that `setGlobalTracer` was given. In a worker thread: the one of the thread that
 * started it, with nothing passed by hand. In a child process: one for its own part of the trace
 * (see the option `childProcesses`). Where there is none: a tracer that records nothing, so
 * that libraries can trace without asking.
 *
 * A worker that runs already when the tracer is set does not see it: give it `tracer.handle()`.
 */
export function getGlobalTracer(): Tracer {
  return tracer.given ?? tracer.found ?? findTracer();
}

/**
 * Sets the tracer that decorators and `getGlobalTracer()` use, in this thread and in all workers
 * that are started from now on, and in theirs. `undefined` takes it away again.
 *
 * @throws {TraceError} TRACELANE_BAD_CALL where it is given something else.
 */
export function setGlobalTracer(given: Tracer | undefined): void {
  if (given !== undefined && given !== null) checkTracer(given, 'setGlobalTracer()');
  tracer.given?.unpublish();
  tracer.given = given;
  given?.publish();
}

/** Needed once in a thread: what it inherits is there from its start. */
function findTracer(): Tracer {
  tracer.found = withOriginals(
    () => connectToThread() ?? joinProcess() ?? new Tracer(undefined, { enabled: false }),
  );
  return tracer.found;
}

function connectToThread(): Tracer | undefined {
  const inherited = inheritedHandle();
  if (inherited === undefined) return undefined;
  const handle = readHandle(inherited);
  if (handle !== undefined) {
    publishHandle({ ...handle, from: tid });
    return Tracer.connect(handle);
  }
  emitWarning(
    'TRACELANE_OTHER_VERSION',
    'The program records with another version of tracelane than the one that was loaded here. ' +
      'What is traced through this one is not recorded: install the same version for both.',
  );
  return undefined;
}

function joinProcess(): Tracer | undefined {
  const root = inheritedRoot();
  if (root === undefined) return undefined;
  try {
    const part = Tracer.join(root);
    part.publish();
    return part;
  } catch (error) {
    // Not thrown: the program has not asked for this trace.
    const { code, message } = error as TraceError;
    emitWarning(code, `${message} This process records nothing.`);
    return undefined;
  }
}
