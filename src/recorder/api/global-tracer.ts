import { withOriginals } from '../../intrinsics/originals.js';
import type { TraceError } from '../errors.js';
import { emitWarning } from '../record/report.js';
import { inheritedRoot } from '../session/child-processes.js';
import type { Owner } from '../session/owner.js';
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
  /** That of `tracelane run`, once it was looked for: undefined where there is none. */
  run: { readonly tracer: Tracer | undefined } | undefined;
}

const tracer: GlobalTracer = sharedByCopies('global tracer', () => ({
  given: undefined,
  found: undefined,
  run: undefined,
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
    () => find('program') ?? findRun() ?? new Tracer(undefined, { enabled: false }),
  );
  return tracer.found;
}

/**
 * What `tracelane run` records with, in the first thread of the first process. Threads and processes that
 * start from now on find it, also where the program sets another global tracer.
 */
export function setRunTracer(given: Tracer): void {
  tracer.run = { tracer: given };
  given.publish('run');
  setGlobalTracer(given);
}

/** What `tracelane run` records with in this thread; the global tracer where that is all that there is. */
export function getRunTracer(): Tracer {
  return withOriginals(findRun) ?? getGlobalTracer();
}

function findRun(): Tracer | undefined {
  tracer.run ??= { tracer: find('run') };
  return tracer.run.tracer;
}

function find(owner: Owner): Tracer | undefined {
  return connectToThread(owner) ?? joinProcess(owner);
}

function connectToThread(owner: Owner): Tracer | undefined {
  const inherited = inheritedHandle(owner);
  if (inherited === undefined) return undefined;
  const handle = readHandle(inherited);
  if (handle !== undefined) {
    publishHandle(owner, { ...handle, from: tid });
    return Tracer.connect(handle);
  }
  emitWarning(
    'TRACELANE_OTHER_VERSION',
    'The program records with another version of tracelane than the one that was loaded here. ' +
      'What is traced through this one is not recorded: install the same version for both.',
  );
  return undefined;
}

function joinProcess(owner: Owner): Tracer | undefined {
  const root = inheritedRoot(owner);
  if (root === undefined) return undefined;
  try {
    const part = Tracer.join(root);
    part.publish(owner);
    return part;
  } catch (error) {
    // Not thrown: the program has not asked for this trace.
    const { code, message } = error as TraceError;
    emitWarning(code, `${message} This process records nothing.`);
    return undefined;
  }
}
