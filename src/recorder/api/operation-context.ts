import { AsyncLocalStorage } from 'node:async_hooks';
import type { Recorder } from '../record/recorder.js';
import { sharedByCopies } from '../session/shared-state.js';
import type { CallSpan } from './span.js';

const context = sharedByCopies('context', () => ({
  /** The traced call in which code runs, across its awaits. */
  storage: new AsyncLocalStorage<CallSpan>(),
  /** Before Node 24 a storage slows down every promise once it is used: until then it is not asked. */
  isUsed: false,
}));
const { storage } = context;

/**
 * Runs a function, and all that it starts, inside a traced call. Where Node fails to, because the
 * program has replaced what Node needs for it, the function runs outside of one.
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

/** Notes that the function was called: an error before that is one of Node's. */
function enter<A, T>(span: CallSpan, fn: (arg: A) => T, arg: A): T {
  span.isEntered = true;
  return fn(arg);
}

/**
 * Does what Node does once, at the first `runInside`, and switches the tracking off again: a program
 * that traces no calls must not pay for it.
 */
export function prepareContext(span: CallSpan): void {
  if (context.isUsed) return;
  void storage.run(span, async () => {
    // After an await, so that the tracking of promises has been at work.
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

/** The id of the traced call around the caller; 0 where there is none. */
export function currentOperation(recorder: Recorder): number {
  return currentCall(recorder)?.id ?? 0;
}
