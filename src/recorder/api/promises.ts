const AsyncFunction = (async () => {}).constructor as FunctionConstructor;

/** Whether a function is declared `async`: its calls always give a fresh native promise. */
export function isAsyncFunction(fn: unknown): boolean {
  return isInstance(fn, AsyncFunction);
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return isInstance(value, Promise);
}

/** A proxy may throw when its prototype is asked for. */
function isInstance(value: unknown, of: FunctionConstructor | PromiseConstructor): boolean {
  try {
    return value instanceof of;
  } catch {
    return false;
  }
}

/**
 * Calls back when a promise settles, and gives what the caller is to return in its place.
 *
 * For a plain promise that is a derived one. A callback on the side would mark a rejection that
 * the program forgets as handled, and hide it: the derived promise is rejected in its turn. A
 * promise with properties of its own, or of another class, is more than its value: it is returned
 * as it is, with the callback on the side.
 */
export function whenSettled<T>(
  promise: Promise<T>,
  onValue: () => void,
  onError: (error: unknown) => void,
): Promise<T> {
  // Names, not symbols: before Node 24, async context tracking leaves symbols on every promise.
  if (promise.constructor === Promise && Object.getOwnPropertyNames(promise).length === 0) {
    return promise.then(
      (value) => {
        onValue();
        return value;
      },
      (error) => {
        onError(error);
        throw error;
      },
    );
  }
  try {
    // Not its own `then`, which may throw, or start what was to start only when somebody awaits it.
    Reflect.apply(Promise.prototype.then, promise, [onValue, onError]);
  } catch {
    onValue();
  }
  return promise;
}
