import { Buffer } from 'node:buffer';
import { TextEncoder, types } from 'node:util';

/**
 * The functions of the language that recording calls, as they were when tracelane was loaded.
 *
 * Programs replace them later: by polyfills, fake timers, test doubles. No replacement may make a
 * recording call throw, lose an event or change one. Two rules follow for code that may run the
 * program's own code (getters, `toJSON`) and so cannot put the originals back while it runs:
 *
 * - It calls functions and methods from here.
 * - It loops over arrays by index, because `for … of` and `[...array]` call a method that may have been
 *   replaced.
 *
 * All other code is written as usual, and runs inside `withOriginals` (originals.ts).
 *
 * This costs nothing: V8 compiles a call of an uncurried method as it compiles a call of the method
 * (Node 20 and 26).
 */

const { bind, call } = Function.prototype;

/** Makes a function of a method: its first argument is `this`. */
export const uncurryThis = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R;

export const atomics = {
  add: Atomics.add,
  compareExchange: Atomics.compareExchange,
  load: Atomics.load,
  notify: Atomics.notify,
  or: Atomics.or,
  store: Atomics.store,
  wait: Atomics.wait,
  waitAsync: Atomics.waitAsync,
};

export const json = { stringify: JSON.stringify };

export const math = {
  abs: Math.abs,
  floor: Math.floor,
  max: Math.max,
  min: Math.min,
  round: Math.round,
};

export const number = {
  isFinite: Number.isFinite,
  isInteger: Number.isInteger,
  isNaN: Number.isNaN,
  isSafeInteger: Number.isSafeInteger,
};

export const object = {
  defineProperty: Object.defineProperty,
  getOwnPropertyNames: Object.getOwnPropertyNames,
  getOwnPropertyDescriptor: Object.getOwnPropertyDescriptor,
  getPrototypeOf: Object.getPrototypeOf,
  hasOwn: uncurryThis(Object.prototype.hasOwnProperty),
  keys: Object.keys,
  setPrototypeOf: Object.setPrototypeOf,
  values: Object.values,
};

export const reflect = {
  apply: Reflect.apply,
  construct: Reflect.construct,
  deleteProperty: Reflect.deleteProperty,
  defineProperty: Reflect.defineProperty,
  getOwnPropertyDescriptor: Reflect.getOwnPropertyDescriptor,
  ownKeys: Reflect.ownKeys,
  set: Reflect.set,
};

export const objectPrototype: object = Object.prototype;
export const toNumber = Number;
export const toText = String;
export const toBigInt = BigInt;
export const asIntN = BigInt.asIntN;
export const { isArray } = Array;
export const { isView } = ArrayBuffer;

// These look at what an object was made as. Its prototype and its realm make no difference.
export const {
  isAnyArrayBuffer,
  isAsyncFunction,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isGeneratorFunction,
  isGeneratorObject,
  isMap,
  isNativeError,
  isPromise,
  isRegExp,
  isSet,
  isSharedArrayBuffer,
} = types;

export const charCodeAt = uncurryThis(String.prototype.charCodeAt);
export const slice = uncurryThis(String.prototype.slice);
export const split = uncurryThis<string, [string], string[]>(String.prototype.split);
export const trim = uncurryThis(String.prototype.trim);
export const toWellFormed = uncurryThis(String.prototype.toWellFormed);
export const regExpText = uncurryThis(RegExp.prototype.toString);
export const execRegExp = uncurryThis(RegExp.prototype.exec);
export const forEachEntry = uncurryThis<
  ReadonlyMap<unknown, unknown>,
  [(value: unknown, key: unknown) => void],
  void
>(Map.prototype.forEach);
export const forEachItem = uncurryThis<ReadonlySet<unknown>, [(item: unknown) => void], void>(
  Set.prototype.forEach,
);
export const getTime = uncurryThis(Date.prototype.getTime);
export const toISOString = uncurryThis(Date.prototype.toISOString);
export const promiseThen = uncurryThis(
  Promise.prototype.then as (
    this: Promise<unknown>,
    onValue: (value: unknown) => unknown,
    onError: (error: unknown) => unknown,
  ) => Promise<unknown>,
);
export const sub = uncurryThis(Uint8Array.prototype.subarray);
export const setBytes = uncurryThis<Uint8Array, [ArrayLike<number>, number], void>(
  Uint8Array.prototype.set,
);

const { prototype } = Buffer as unknown as {
  prototype: { utf8Write?: typeof writeWhole; write: typeof writeWhole };
};
declare function writeWhole(this: Buffer, text: string, offset: number, length: number): number;

/**
 * Writes a text as UTF-8. Not `write` where there is `utf8Write`: `write` would look that up, and may
 * find a replacement.
 */
export const utf8Write = uncurryThis(prototype.utf8Write ?? prototype.write);
export const { byteLength } = Buffer;
/** A Buffer on this memory; copies nothing. */
export const bufferOf = Buffer.from as (
  memory: ArrayBuffer | SharedArrayBuffer,
  offset: number,
  length: number,
) => Buffer;

const encoder = new TextEncoder();
const encodeWith = uncurryThis(TextEncoder.prototype.encode);
/** A text as UTF-8. */
export const encode = (text: string): Uint8Array => encodeWith(encoder, text);

const ErrorClass = Error;
const ObjectClass = Object;

/** Whether an object is an error, of this realm or another. */
export function isError(value: object): value is Error {
  // isNativeError takes as long as all else of a span: only objects of other realms, and those
  // without a prototype, get there.
  return value instanceof ErrorClass || (!(value instanceof ObjectClass) && isNativeError(value));
}

/**
 * Gives an object of tracelane's own all methods of the prototype that it inherits from, so that they
 * are found before those that a program may have put into that one.
 */
export function ownMethods(own: object, original: object): void {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'constructor') continue;
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Reflect.defineProperty(own, key, descriptor);
  }
}

/** A Map whose methods a program cannot replace. */
export class OwnMap<K, V> extends Map<K, V> {
  // biome-ignore lint/complexity/noUselessConstructor: The default one spreads its arguments, which calls an iterator that may have been replaced.
  constructor() {
    super();
  }
}
ownMethods(OwnMap.prototype, Map.prototype);

/** A Set whose methods a program cannot replace. */
export class OwnSet<T> extends Set<T> {
  // biome-ignore lint/complexity/noUselessConstructor: see OwnMap.
  constructor() {
    super();
  }
}
ownMethods(OwnSet.prototype, Set.prototype);

/** A WeakMap of that kind. */
export class OwnWeakMap<K extends object, V> extends WeakMap<K, V> {
  // biome-ignore lint/complexity/noUselessConstructor: see OwnMap.
  constructor() {
    super();
  }
}
ownMethods(OwnWeakMap.prototype, WeakMap.prototype);
