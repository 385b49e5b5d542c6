import { guarded } from './guard.js';
import { errorType, type Operation } from './operation.js';
import type { AnyFunction } from './undo.js';

/** Begins what stands for a call; undefined where nothing is recorded. */
type Begin = (args: readonly unknown[]) => Operation | undefined;

/** A function like the one that is given, whose calls are operations until their callback is called. */
export function traceCallback(original: AnyFunction, beginCall: Begin): AnyFunction {
  const begin = guarded(beginCall);
  return function (this: unknown, ...args) {
    const callback: unknown = args[args.length - 1];
    const operation = typeof callback === 'function' ? begin(args) : undefined;
    if (operation === undefined) return original.apply(this, args);
    args[args.length - 1] = function (this: unknown, ...results: unknown[]) {
      finish(operation, results[0]);
      return Reflect.apply(callback as AnyFunction, this, results);
    };
    return runOrFail(operation, () => original.apply(this, args));
  };
}

/** The same for functions that return promises. */
export function tracePromise(original: AnyFunction, beginCall: Begin): AnyFunction {
  const begin = guarded(beginCall);
  return function (this: unknown, ...args) {
    const operation = begin(args);
    if (operation === undefined) return original.apply(this, args);
    const result = runOrFail(operation, () => original.apply(this, args));
    if (!(result instanceof Promise)) {
      // An iterator, as of watch(): it goes on for as long as the program likes.
      operation.finish();
      return result;
    }
    // Of a promise that is derived, a rejection that nobody handles is reported as ever.
    return result.then(
      (value) => {
        operation.finish();
        return value;
      },
      (error) => {
        finish(operation, error);
        throw error;
      },
    );
  };
}

/** A call with wrong arguments throws at once. */
function runOrFail<T>(operation: Operation, run: () => T): T {
  try {
    return run();
  } catch (error) {
    finish(operation, error);
    throw error;
  }
}

function finish(operation: Operation, error: unknown): void {
  operation.finish(error instanceof Error ? { 'error.type': errorType(error) } : undefined);
}
