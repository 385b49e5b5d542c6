import {
  isAsyncFunction as isAsync,
  isGeneratorFunction,
  object,
  reflect,
} from '../../intrinsics/language.js';
import type { Args } from '../../trace-event/events.js';
import type { Recorder } from '../record/recorder.js';
import { describeError } from '../record/safe-json.js';
import { followResult, isAsyncFunction, iterateCall, likeInner } from './call-result.js';
import { getGlobalTracer } from './global-tracer.js';
import { moveToCurrentCall, runInside } from './operation-context.js';
import { CallSpan, errorArgs } from './span.js';

/** What is recorded of each call of a function. */
interface CallTrace {
  readonly name: string;
  readonly category: string;
  // biome-ignore lint/suspicious/noExplicitAny: a callback's parameters are the traced function's.
  readonly args: Args | ((...args: any[]) => Args) | undefined;
  /** Whether calls are async operations, in which others nest, even if the function is not `async`. */
  readonly asynchronous: boolean;
}

type Callable = (...args: never[]) => unknown;
type Method = (this: unknown, ...args: unknown[]) => unknown;

const GeneratorFunction = function* () {}.constructor as FunctionConstructor;
const AsyncGeneratorFunction = async function* () {}.constructor as FunctionConstructor;

class Nothing {}

/** A function that does what `fn` does and records each call. */
export function wrapFunction(fn: Callable, call: CallTrace): Callable {
  const method = fn as unknown as Method;
  return likeOriginal(selectWrapper(method, call), method) as unknown as Callable;
}

function selectWrapper(fn: Method, call: CallTrace): Method {
  // By prototype first: what wraps a generator function has its prototype, but is none itself.
  const kind: object = fn;
  if (kind instanceof AsyncGeneratorFunction) return wrapAsyncGenerator(fn, call);
  if (kind instanceof GeneratorFunction) return wrapGenerator(fn, call);
  // Of another realm. An async generator function passes both checks.
  if (isGeneratorFunction(fn)) {
    return isAsync(fn) ? wrapAsyncGenerator(fn, call) : wrapGenerator(fn, call);
  }
  if (call.asynchronous || isAsyncFunction(fn)) return wrapAsync(fn, call);
  return wrapSync(fn, call);
}

function wrapSync(fn: Method, call: CallTrace): Method {
  return function traced(this: unknown, ...args: unknown[]): unknown {
    const recorder = getGlobalTracer().recorder;
    if (recorder === undefined) return invoke(fn, this, args, new.target, traced);
    const own = spanArgs(recorder, call, this, args);
    const outer = moveToCurrentCall(recorder);
    const beginNumber = recorder.begin(call.name, call.category, own);
    if (beginNumber === 0) return invoke(fn, this, args, new.target, traced);
    let result: unknown;
    try {
      result = invoke(fn, this, args, new.target, traced);
    } catch (error) {
      recorder.end(beginNumber, errorArgs(error));
      throw error;
    }
    if (typeof result === 'object' && result !== null) {
      return followResult(result, new CallSpan(recorder, beginNumber, outer));
    }
    recorder.end(beginNumber, undefined);
    return result;
  };
}

function wrapAsync(fn: Method, call: CallTrace): Method {
  return function traced(this: unknown, ...args: unknown[]): unknown {
    const recorder = getGlobalTracer().recorder;
    if (recorder === undefined) return invoke(fn, this, args, new.target, traced);
    const span = beginAsync(recorder, call, this, args);
    if (span === undefined) return invoke(fn, this, args, new.target, traced);
    let result: unknown;
    try {
      result = runInside(span, () => invoke(fn, this, args, new.target, traced), undefined);
    } catch (error) {
      span.finish(errorArgs(error));
      throw error;
    }
    return followResult(result, span);
  };
}

function wrapGenerator(fn: Method, call: CallTrace): Method {
  function* iterate(self: unknown, args: unknown[], inner: Generator): Generator {
    const recorder = getGlobalTracer().recorder;
    const beginNumber = recorder === undefined ? 0 : begin(recorder, call, self, args);
    let error: Args | undefined;
    try {
      return yield* inner;
    } catch (thrown) {
      error = errorArgs(thrown);
      throw thrown;
    } finally {
      // Also where the consumer stops early.
      recorder?.end(beginNumber, error);
    }
  }
  return function traced(this: unknown, ...args: unknown[]): unknown {
    // Called now, not at the first step: it works out defaults of its parameters, which may throw.
    const inner = invoke(fn, this, args, new.target, traced) as Generator;
    return likeInner(iterate(this, args, inner), inner);
  };
}

function wrapAsyncGenerator(fn: Method, call: CallTrace): Method {
  async function* iterate(
    self: unknown,
    args: unknown[],
    inner: AsyncGenerator,
  ): AsyncGenerator<unknown, unknown, unknown> {
    const recorder = getGlobalTracer().recorder;
    const span = recorder && beginAsync(recorder, call, self, args);
    if (span === undefined) return yield* inner;
    return yield* iterateCall(inner, span);
  }
  return function traced(this: unknown, ...args: unknown[]): unknown {
    const inner = invoke(fn, this, args, new.target, traced) as AsyncGenerator;
    return likeInner(iterate(this, args, inner), inner);
  };
}

function begin(recorder: Recorder, call: CallTrace, self: unknown, args: unknown[]): number {
  const own = spanArgs(recorder, call, self, args);
  moveToCurrentCall(recorder);
  return recorder.begin(call.name, call.category, own);
}

function beginAsync(
  recorder: Recorder,
  call: CallTrace,
  self: unknown,
  args: unknown[],
): CallSpan | undefined {
  const own = spanArgs(recorder, call, self, args);
  const outer = moveToCurrentCall(recorder);
  const beginNumber = recorder.beginAsyncCall(call.name, call.category, own);
  return beginNumber === 0 ? undefined : new CallSpan(recorder, beginNumber, outer);
}

/** Calls a function as its wrapper was called. What cannot be constructed throws, as without. */
function invoke(
  fn: Method,
  self: unknown,
  args: unknown[],
  newTarget: unknown,
  wrapper: Method,
): unknown {
  if (newTarget === undefined) return reflect.apply(fn, self, args);
  const target = newTarget === wrapper && hasOwnName(fn) ? fn : newTarget;
  return reflect.construct(fn, args, target as new () => unknown);
}

/**
 * Whether a constructor knows itself by a name that nobody can give to its wrapper: a class does, and
 * compares `new.target` with it. What has been bound has its instances made as those of what it is bound
 * to. Their prototype, or none, cannot be replaced; that of other functions can.
 */
function hasOwnName(fn: Method): boolean {
  return reflect.getOwnPropertyDescriptor(fn, 'prototype')?.writable !== true;
}

function spanArgs(
  recorder: Recorder,
  { name, category, args }: CallTrace,
  self: unknown,
  values: unknown[],
): Args | undefined {
  if (typeof args !== 'function') return args;
  if (!recorder.recording || !recorder.allows(category)) return undefined;
  try {
    return reflect.apply(args, self, values);
  } catch (error) {
    recorder.invalid(`The 'args' of the traced function ${name} threw ${describeError(error)}.`);
    return undefined;
  }
}

/** Gives the wrapper the name, the length, the prototype and all properties of the original. */
function likeOriginal(wrapper: Method, original: Method): Method {
  object.setPrototypeOf(wrapper, object.getPrototypeOf(original));
  const keys = reflect.ownKeys(original);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const own = reflect.getOwnPropertyDescriptor(wrapper, key);
    const given = reflect.getOwnPropertyDescriptor(original, key);
    if (given === undefined) continue;
    // Without a prototype: else a `get` in Object.prototype would count as one of the description.
    object.setPrototypeOf(given, null);
    if (own === undefined || own.configurable === true || own.writable === true) {
      reflect.defineProperty(wrapper, key, given);
    }
  }
  if (!object.hasOwn(original, 'prototype')) withoutPrototype(wrapper, original);
  return wrapper;
}

/** Each function that is written as the wrappers are has a prototype, which cannot be taken away. */
function withoutPrototype(wrapper: Method, original: Method): void {
  if (!isConstructor(original)) {
    reflect.set(wrapper, 'prototype', undefined);
    return;
  }
  // What has been bound: its instances are those of what it is bound to.
  const hasInstance = {
    // Without a prototype, for the same reason.
    __proto__: null,
    value: (instance: unknown) => instance instanceof original,
  };
  reflect.defineProperty(wrapper, Symbol.hasInstance, hasInstance as PropertyDescriptor);
}

/** Without calling it. Arrow functions and methods are none. */
function isConstructor(fn: Method): boolean {
  try {
    reflect.construct(Nothing, [], fn as unknown as new () => unknown);
    return true;
  } catch {
    return false;
  }
}
