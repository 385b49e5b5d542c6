import { types } from 'node:util';
import { keepCall } from '../recorder/api/operation-context.js';
import type { Span } from '../recorder/api/span.js';
import type { Args } from '../trace-event/events.js';
import { guarded } from './guard.js';
import { errorOutcome, type Operation } from './operation.js';
import type { AnyFunction } from './undo.js';

/** Begins what stands for a call, by its arguments and its `this`; undefined where nothing is recorded. */
type Begin<Self = unknown> = (args: readonly unknown[], self: Self) => Operation | undefined;

/**
 * A function like the one that is given, of a client whose connections serve many callers: its calls are
 * operations until their callback is called, or else until the promise that they return has settled. The
 * callback runs inside of what the call was made in, and not of what the connection was made in.
 */
export function traceCall<Self>(original: AnyFunction, begin: Begin<Self>): AnyFunction {
  const withCallback = traceCallback(original, begin as Begin);
  const withPromise = tracePromise(original, begin as Begin);
  return function (this: unknown, ...args) {
    return (keepCallback(args) ? withCallback : withPromise).apply(this, args);
  };
}

/** A function like the one that is given, whose callback runs inside of what the call was made in. */
export function withKeptCallback(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...args) {
    keepCallback(args);
    return original.apply(this, args);
  };
}

/** Calls functions, as `Reflect.apply()` does, inside of what runs here: also later, for somebody else. */
export function callerFromHere(): AnyFunction {
  return keepCall(Reflect.apply as AnyFunction);
}

/** How those who have made calls call functions, by something that stands for the call. */
export class Callers {
  readonly #callers = new WeakMap<object, AnyFunction>();

  /** The call is made here, unless it is known already. */
  keep(call: object): void {
    if (!this.#callers.has(call)) this.#callers.set(call, callerFromHere());
  }

  of(call: object): AnyFunction | undefined {
    return this.#callers.get(call);
  }
}

/** Has the callback of a call run inside of what the call is made in. False where it has none. */
function keepCallback(args: unknown[]): boolean {
  const callback = args[args.length - 1];
  if (typeof callback !== 'function') return false;
  args[args.length - 1] = keepCall(callback as AnyFunction);
  return true;
}

/** What is shown of what a call has returned, or thrown. */
type Outcome = (end: unknown, hasThrown: boolean) => Args | undefined;

/** A function like the one that is given, whose calls are spans: it does its work before it returns. */
export function traceSync(
  original: AnyFunction,
  beginCall: (args: readonly unknown[]) => Span,
  outcome?: Outcome,
): AnyFunction {
  const begin = guarded(beginCall);
  return function (this: unknown, ...args) {
    return runInSpan(begin(args), () => original.apply(this, args), outcome);
  };
}

/** Runs what a span stands for, and ends it. */
export function runInSpan<T>(
  span: Span | undefined,
  run: () => T,
  outcome: Outcome = outcomeOfThrown,
): T {
  if (span === undefined) return run();
  let result: T;
  try {
    result = run();
  } catch (error) {
    span.end(outcome(error, true));
    throw error;
  }
  span.end(outcome(result, false));
  return result;
}

function outcomeOfThrown(error: unknown, hasThrown: boolean): Args | undefined {
  return hasThrown ? errorOutcome(error) : undefined;
}

/**
 * A function like the one that is given, whose calls are operations until their callback is called. It is a
 * method, as those have no `prototype`: where the original has one, it gets that.
 */
export function traceCallback(original: AnyFunction, beginCall: Begin): AnyFunction {
  const begin = guarded(beginCall);
  const like = {
    method(this: unknown, ...args: unknown[]): unknown {
      const callback: unknown = args[args.length - 1];
      const operation = typeof callback === 'function' ? begin(args, this) : undefined;
      if (operation === undefined) return original.apply(this, args);
      args[args.length - 1] = function (this: unknown, ...results: unknown[]) {
        finish(operation, results[0]);
        return Reflect.apply(callback as AnyFunction, this, results);
      };
      return runOrFail(operation, () => original.apply(this, args));
    },
  };
  return like.method;
}

/** The same for functions that return promises. Of an `async` function it makes an `async` one. */
export function tracePromise(original: AnyFunction, beginCall: Begin): AnyFunction {
  const begin = guarded(beginCall);
  const like = {
    method(this: unknown, ...args: unknown[]): unknown {
      const operation = begin(args, this);
      if (operation === undefined) return original.apply(this, args);
      const result = runOrFail(operation, () => original.apply(this, args));
      // Where it is no promise, it is an iterator, as of watch(): it goes on for as long as the program likes.
      return finishWith(operation, result);
    },
    // A promise that is derived by `then()` settles as late as this one.
    async asyncMethod(this: unknown, ...args: unknown[]): Promise<unknown> {
      const operation = begin(args, this);
      try {
        const value = await original.apply(this, args);
        operation?.finish();
        return value;
      } catch (error) {
        if (operation !== undefined) finish(operation, error);
        throw error;
      }
    },
  };
  return types.isAsyncFunction(original) ? like.asyncMethod : like.method;
}

/** Ends an operation when what was returned has settled; at once where that is no promise. */
export function finishWith<T>(
  operation: Operation,
  result: T,
  fulfilled?: (value: unknown) => void,
): T {
  if (!(result instanceof Promise)) {
    operation.finish();
    return result;
  }
  // Of a promise that is derived, a rejection that nobody handles is reported as ever.
  const derived = result.then(
    (value) => {
      fulfilled?.(value);
      operation.finish();
      return value;
    },
    (error) => {
      finish(operation, error);
      throw error;
    },
  );
  return derived as T;
}

/** A call with wrong arguments throws at once. */
export function runOrFail<T>(operation: Operation, run: () => T): T {
  try {
    return run();
  } catch (error) {
    finish(operation, error);
    throw error;
  }
}

function finish(operation: Operation, error: unknown): void {
  operation.finish(error instanceof Error ? errorOutcome(error) : undefined);
}
