import { AsyncLocalStorage } from 'node:async_hooks';
import type { Arena } from '../arena/arena.js';
import type { Recorder } from '../record/recorder.js';

/** The operation in which code runs, across its awaits. */
interface OperationContext {
  readonly arena: Arena;
  readonly id: number;
}

// Made at the first use: before Node 24, a storage in use slows down every promise of the thread.
let storage: AsyncLocalStorage<OperationContext> | undefined;

/** Runs a function, and all that it starts, inside an operation. */
export function runInside<A, T>(recorder: Recorder, id: number, fn: (arg: A) => T, arg: A): T {
  storage ??= new AsyncLocalStorage();
  return storage.run({ arena: recorder.arena, id }, fn, arg);
}

/** Id of the operation around the caller in this trace; 0 where there is none. */
export function currentOperation(recorder: Recorder): number {
  if (storage === undefined) return 0;
  const context = storage.getStore();
  return context !== undefined && context.arena === recorder.arena ? context.id : 0;
}
