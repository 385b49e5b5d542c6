import {
  isAsyncFunction as isAsync,
  isGeneratorFunction,
  isGeneratorObject,
  isPromise,
  OwnWeakMap,
  object,
  promiseThen,
  reflect,
} from '../../intrinsics/language.js';
import type { Recorder } from '../record/recorder.js';
import { keepCall, prepareContext, runInside } from './operation-context.js';
import { CallSpan, errorArgs } from './span.js';

const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
const FunctionClass = Function;
const PromiseClass = Promise;
const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;

/** Whether a function is declared `async`: its calls always give a fresh native promise. */
export function isAsyncFunction(fn: unknown): boolean {
  try {
    if (fn instanceof AsyncFunction) return true;
    // Of another realm. Asked last, as these take as long as all else of a call.
    return !(fn instanceof FunctionClass) && isAsync(fn) && !isGeneratorFunction(fn);
  } catch {
    // A proxy may throw when its prototype is asked for.
    return false;
  }
}

const MAX_PROTOTYPES = 32;

type Then = (this: unknown, ...callbacks: unknown[]) => unknown;

/**
 * Ends the span of a call that has returned: now, or when what it returned is over. Gives what the
 * caller is to return in its place.
 *
 * - A native promise: when it settles.
 * - An async generator: when its iteration ends, if there is one.
 * - Any other object with a `then`, as query builders have: when it settles, if somebody awaits it.
 *   It is not started here. If nobody awaits it, the span is the making of it.
 */
export function followResult<T>(result: T, span: CallSpan): T {
  if (result === null || (typeof result !== 'object' && typeof result !== 'function')) {
    span.finish();
    return result;
  }
  if (isPromise(result)) {
    span.recorder.detach(span.beginNumber);
    return whenSettled(result, span) as T;
  }
  if (isAsyncGenerator(result)) {
    span.suspend();
    return likeInner(iterateCall(result, span), result) as T;
  }
  const then = thenOf(result);
  if (then === undefined) span.finish();
  else followThenable(result, then, span);
  return result;
}

let isPrepared = false;

/**
 * Does what a traced call does, once and without recording it. The first one compiles all this and sets
 * up context tracking: the program's first call would be drawn up to a millisecond too long.
 *
 * Not for each trace: the promises in here keep the recorder, and with it the memory of its trace,
 * until the program comes back to its event loop.
 */
export function prepareCalls(recorder: Recorder): void {
  if (isPrepared) return;
  isPrepared = true;
  prepareContext(new CallSpan(recorder, 0, undefined));
  followResult(undefined, new CallSpan(recorder, 0, undefined));
  followResult((async () => {})(), new CallSpan(recorder, 0, undefined));
}

/**
 * Finishes the span when a promise settles, and gives the promise that the caller is to return.
 *
 * For a plain promise that is a derived one. If it were the promise itself, our callbacks would count
 * as handling a rejection, and Node would not report one that the program has forgotten.
 *
 * A promise of another class, or with properties, cannot be replaced by a derived one: it is returned
 * as it is.
 */
function whenSettled(promise: Promise<unknown>, span: CallSpan): Promise<unknown> {
  if (isPlain(promise)) {
    return promiseThen(
      promise,
      (value) => {
        span.finish();
        return value;
      },
      (error) => {
        span.finish(errorArgs(error));
        throw error;
      },
    );
  }
  const onValue = () => span.finish();
  const onError = (error: unknown) => span.finish(errorArgs(error));
  try {
    // Not by its own `then`, which may throw, or start what is to start only when somebody awaits it.
    promiseThen(promise, onValue, onError);
  } catch {
    span.finish();
  }
  return promise;
}

/** Whether a promise is of class Promise, of this realm or another, and has no properties. */
function isPlain(promise: Promise<unknown>): boolean {
  try {
    // Symbols do not count: before Node 24, async context tracking puts some on every promise.
    if (object.getOwnPropertyNames(promise).length > 0) return false;
    if (promise.constructor === PromiseClass) return true;
    const prototype = object.getPrototypeOf(promise);
    const beyond = object.getPrototypeOf(prototype);
    return !(promise instanceof PromiseClass) && object.getPrototypeOf(beyond) === null;
  } catch {
    return false;
  }
}

/**
 * The `then` method of an object. A `then` that is a getter does not count: only who awaits the object
 * may run that.
 */
function thenOf(result: object): Then | undefined {
  try {
    let at: object | null = result;
    // Proxies may have prototypes without end.
    for (let i = 0; i < MAX_PROTOTYPES && at !== null; i++, at = object.getPrototypeOf(at)) {
      const property: PropertyDescriptor | undefined = object.getOwnPropertyDescriptor(at, 'then');
      if (property === undefined) continue;
      return typeof property.value === 'function' ? (property.value as Then) : undefined;
    }
  } catch {
    // A proxy may throw at every step.
  }
  return undefined;
}

/** Traced calls that may wait for one object at a time: further ones are the making of it. */
const MAX_WAITING = 16;
/** How many wait for the first call of a `then` that stands on an object. */
const waiting = new OwnWeakMap<Then, number>();

/** Puts a `then` on the object that stands there until the first time somebody calls it. */
function followThenable(result: object, then: Then, span: CallSpan): void {
  const others = waiting.get(then) ?? 0;
  if (others >= MAX_WAITING) {
    span.finish();
    return;
  }
  const original = object.getOwnPropertyDescriptor(result, 'then');
  function tracedThen(this: unknown, ...given: unknown[]): unknown {
    const current = object.getOwnPropertyDescriptor(result, 'then');
    if (current?.value === tracedThen) {
      if (original === undefined) reflect.deleteProperty(result, 'then');
      else reflect.defineProperty(result, 'then', object.setPrototypeOf(original, null));
    }
    const onValue = given[0];
    const onError = given[1];
    if (!isCallback(onValue) || !isCallback(onError)) {
      // A `then` that has nothing to do with promises: `scenario.then('it rains', fn)`.
      span.finish();
      return reflect.apply(then, this, given);
    }
    span.resume();
    // What the program does when it settles is not a part of the operation. It gets what the object
    // gives it, which may be more than one value.
    const kept = onValue && keepCall(onValue);
    const keptError = onError && keepCall(onError);
    given[0] = function settled(this: unknown, ...values: unknown[]): unknown {
      span.finish();
      return kept ? reflect.apply(kept, this, values) : values[0];
    };
    given[1] = function failed(this: unknown, ...errors: unknown[]): unknown {
      span.finish(errorArgs(errors[0]));
      if (keptError) return reflect.apply(keptError, this, errors);
      throw errors[0];
    };
    try {
      return runInside(span, () => reflect.apply(then, this, given), undefined);
    } catch (error) {
      span.finish(errorArgs(error));
      throw error;
    }
  }
  span.suspend();
  waiting.set(tracedThen, others + 1);
  const isDefined = defineThen(result, tracedThen);
  if (!isDefined) span.finish();
}

/** Whether it may be given to the `then` of a promise. */
function isCallback(value: unknown): value is Then | undefined | null {
  return value === undefined || value === null || typeof value === 'function';
}

/** False where the object does not allow it: it is frozen, or a proxy. */
function defineThen(result: object, value: Then): boolean {
  try {
    // Without a prototype: else a `get` in Object.prototype would count as one of the description.
    const description = { __proto__: null, value, configurable: true, writable: true };
    return reflect.defineProperty(result, 'then', description as PropertyDescriptor);
  } catch {
    return false;
  }
}

function isAsyncGenerator(value: object): value is AsyncGenerator {
  return isGeneratorObject(value) && asyncIterator in value;
}

/** Iterates an async generator inside a call, whose span is over when the iteration is. */
export async function* iterateCall(
  inner: AsyncGenerator,
  span: CallSpan,
): AsyncGenerator<unknown, unknown, unknown> {
  span.resume();
  try {
    return yield* insideCall(inner, span);
  } catch (error) {
    span.finish(errorArgs(error));
    throw error;
  } finally {
    // Also where the consumer stops early.
    span.finish();
  }
}

/** Runs the body of a generator inside a call, wherever its consumer runs. */
function insideCall(
  inner: AsyncGenerator,
  span: CallSpan,
): AsyncIterable<unknown> & AsyncIterator<unknown, unknown, unknown> {
  return {
    [asyncIterator]() {
      return this;
    },
    next: (value) => runInside(span, (sent) => inner.next(sent), value),
    return: (value) => runInside(span, (sent) => inner.return(sent), value),
    throw: (error) => runInside(span, (sent) => inner.throw(sent), error),
  };
}

/** Gives a generator the prototype of the one that it stands for. */
export function likeInner<G extends object>(outer: G, inner: object): G {
  return object.setPrototypeOf(outer, object.getPrototypeOf(inner));
}
