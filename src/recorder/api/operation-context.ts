import { AsyncLocalStorage } from 'node:async_hooks';
import type { Recorder } from '../record/recorder.js';
import { sharedByCopies } from '../session/shared-state.js';
import type { CallSpan } from './span.js';

const context = sharedByCopies('context', () => ({
  /** The traced call in which code runs, across its awaits. */
  storage: new AsyncLocalStorage<CallSpan>(),
  /** Before Node 24, a storage in use slows down every promise of the thread: so it is not asked. */
  isUsed: false,
}));
const { storage } = context;

/**
 * Runs a function, and all that it starts, inside a traced call. Where Node itself cannot do that, as
 * the program has replaced what it needs for it, the function is run without.
 */
export function runInside<A, T>(span: CallSpan, fn: (arg: A) => T, arg: A): T {
  context.isUsed = true;
  span.isEntered = false;
  try {
    return storage.run(span, enter<A, T>, span, fn, arg);
  } catch (error) {
    if (span.isEntered) throw error;
    return enter(span, fn, arg);
  }
}

/** Tells an error of the function from one of what should have run it. */
function enter<A, T>(span: CallSpan, fn: (arg: A) => T, arg: A): T {
  span.isEntered = true;
  return fn(arg);
}

/**
 * Makes what the first `runInside` would make. It leaves nothing switched on: programs that trace no
 * calls do not pay for tracking them.
 */
export function prepareContext(span: CallSpan): void {
  if (context.isUsed) return;
  void storage.run(span, async () => {
    // Behind an await, so that what tracks a promise is made, too.
    await undefined;
    if (!context.isUsed) storage.disable();
  });
}

/** A function that runs in the context of this moment, wherever it is called. */
export function keepContext<F extends (...args: never[]) => unknown>(fn: F): F {
  return AsyncLocalStorage.bind(fn);
}

/** The traced call around the caller in this trace. */
export function currentCall({ arena }: Recorder): CallSpan | undefined {
  const span = context.isUsed ? storage.getStore() : undefined;
  return span?.recorder.arena === arena ? span : undefined;
}

/** Its id; 0 where there is none. */
export function currentOperation(recorder: Recorder): number {
  return currentCall(recorder)?.id ?? 0;
}
