import { Buffer } from 'node:buffer';
import { TextEncoder, types } from 'node:util';

/**
 * The functions of the language that recording calls, as they were when tracelane was loaded.
 *
 * Programs replace them: polyfills, fake timers, test doubles. What a program puts in their place
 * later must not make a call of tracelane's throw, lose or change anything. So what runs in the
 * middle of a program, with getters and `toJSON` of the program's own, takes them from here, and
 * loops over arrays by index, as `for … of` and `[...array]` look up an iterator. What runs no code
 * of the program's is written as any other, and runs inside `withOriginals` (see originals.ts).
 *
 * V8 compiles a call of one of these as it compiles the method (Node 20 and 26).
 */

const { bind, call } = Function.prototype;

/** A method as a function that takes its `this` first. */
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

export const json = { parse: JSON.parse, stringify: JSON.stringify };

export const math = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  max: Math.max,
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

// Of the brand of an object: what it calls itself, and of which realm it is, makes no difference.
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

/** Writes a text as UTF-8. What `write` itself calls where Node still has it: `write` looks it up. */
export const utf8Write = uncurryThis(prototype.utf8Write ?? prototype.write);
export const { byteLength } = Buffer;
/** A Buffer that stands for the memory. */
export const bufferOf = Buffer.from as (memory: ArrayBuffer | SharedArrayBuffer) => Buffer;

const encoder = new TextEncoder();
const encodeWith = uncurryThis(TextEncoder.prototype.encode);
/** A text as UTF-8. */
export const encode = (text: string): Uint8Array => encodeWith(encoder, text);

const ErrorClass = Error;
const ObjectClass = Object;

/** Whether an object is an error, also one of another realm. */
export function isError(value: object): value is Error {
  // The brand is asked for last: it takes as long as all else of a span.
  return value instanceof ErrorClass || (!(value instanceof ObjectClass) && isNativeError(value));
}

/**
 * Gives a class of tracelane's own all methods of the one that it extends, so that they are found
 * before those that a program may have put into its prototype.
 */
function ownMethods(own: object, original: object): void {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'constructor') continue;
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Reflect.defineProperty(own, key, descriptor);
  }
}

/** A Map whose methods nobody can replace. */
export class OwnMap<K, V> extends Map<K, V> {
  // The one that a class has by itself passes its arguments on as by `...`, which looks up iterators.
  // biome-ignore lint/complexity/noUselessConstructor: as said.
  constructor() {
    super();
  }
}
ownMethods(OwnMap.prototype, Map.prototype);

/** A Set of that kind. */
export class OwnSet<T> extends Set<T> {
  // biome-ignore lint/complexity/noUselessConstructor: see OwnMap.
  constructor() {
    super();
  }
}
ownMethods(OwnSet.prototype, Set.prototype);
