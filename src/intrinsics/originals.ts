import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { Readable } from 'node:stream';

/**
 * For code that runs on the program's threads but calls none of the program's functions: it opens and
 * closes a trace, or writes it where the writer has no thread. Such code is written as usual. While it
 * runs, the originals are put back in place of what the program has replaced.
 */

const { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } =
  Reflect;

const iterator = (of: Iterable<unknown>): object => getPrototypeOf(of[Symbol.iterator]()) as object;
const generator = function* () {};
const TypedArray = getPrototypeOf(Uint8Array) as typeof Uint8Array;

const GLOBALS =
  'Array ArrayBuffer Atomics BigInt BigInt64Array Buffer DataView Error Float64Array Function ' +
  'Int32Array JSON Map Math Number Object Promise Reflect RegExp Set SharedArrayBuffer String ' +
  'Uint16Array Uint32Array Uint8Array URL WeakMap';
const LISTENERS =
  'addListener emit listenerCount off on once prependListener removeListener listeners';
const FILES =
  'closeSync existsSync fstatSync ftruncateSync lstatSync mkdirSync openSync readFileSync ' +
  'readSync readdirSync readlinkSync statSync unlinkSync writeSync';

/** What that code calls. When new code calls more, `test/crash/replaced` fails and says what. */
const CALLED: readonly (readonly [holder: object, names: string, ...symbols: symbol[]])[] = [
  [globalThis, GLOBALS],
  [Object, 'assign defineProperty entries freeze fromEntries hasOwn keys setPrototypeOf values'],
  [Object.prototype, 'hasOwnProperty toString valueOf'],
  [Function.prototype, 'apply bind call'],
  [Array, 'from isArray', Symbol.species],
  [
    Array.prototype,
    'concat at entries every fill filter find findIndex findLast flat flatMap forEach includes ' +
      'indexOf join keys lastIndexOf map pop push reduce reverse shift slice some sort splice ' +
      'toReversed toSorted unshift values',
    Symbol.iterator,
  ],
  [iterator([]), 'next'],
  [Map.prototype, 'clear delete entries forEach get has keys set size values', Symbol.iterator],
  [iterator(new Map()), 'next'],
  [Set.prototype, 'add clear delete forEach has size values', Symbol.iterator],
  [iterator(new Set()), 'next'],
  [WeakMap.prototype, 'delete get has set'],
  [getPrototypeOf(generator.prototype) as object, 'next return throw'],
  [getPrototypeOf(iterator([])) as object, '', Symbol.iterator],
  [
    String.prototype,
    'charCodeAt codePointAt endsWith includes indexOf lastIndexOf padEnd padStart repeat replace ' +
      'replaceAll slice split startsWith substring toLowerCase toString toUpperCase trim',
    Symbol.iterator,
  ],
  [iterator(''), 'next'],
  [RegExp.prototype, 'exec flags global test', Symbol.match, Symbol.replace, Symbol.split],
  [Number, 'isFinite isInteger isNaN isSafeInteger parseInt'],
  [Number.prototype, 'toString'],
  [BigInt.prototype, 'toString'],
  [Math, 'abs ceil floor max min round trunc'],
  [JSON, 'parse stringify'],
  [Atomics, 'add and compareExchange exchange load notify or store sub wait waitAsync'],
  [Reflect, 'apply ownKeys'],
  [TypedArray, 'from of', Symbol.species],
  [ArrayBuffer, '', Symbol.species],
  [Promise, '', Symbol.species],
  [RegExp, '', Symbol.species],
  [
    TypedArray.prototype,
    'buffer byteLength byteOffset copyWithin fill indexOf lastIndexOf length reduce set slice ' +
      'some subarray',
    Symbol.iterator,
  ],
  [ArrayBuffer.prototype, 'byteLength slice'],
  [SharedArrayBuffer.prototype, 'byteLength grow growable maxByteLength'],
  [DataView.prototype, 'getFloat64 setFloat64 setInt32'],
  [Buffer, 'alloc allocUnsafe allocUnsafeSlow byteLength concat from isBuffer'],
  [
    Buffer.prototype,
    'indexOf lastIndexOf latin1Slice latin1Write slice subarray toString utf8Slice utf8Write write',
  ],
  [EventEmitter, 'init'],
  [EventEmitter.prototype, LISTENERS],
  // What zlib makes is a stream.
  [Readable, 'ReadableState'],
  [Readable.prototype, 'on'],
  [fs, FILES],
];

/** A property and its description at some time: undefined where there was no such property. */
interface Original {
  readonly holder: object;
  readonly key: PropertyKey;
  readonly description: PropertyDescriptor | undefined;
}

const originals: Original[] = CALLED.flatMap(([holder, names, ...symbols]) =>
  [...names.split(' '), ...symbols].flatMap((key) => {
    const description = getOwnPropertyDescriptor(holder, key);
    // Not every version of Node has all of them.
    return description === undefined ? [] : [{ holder, key, description: unheired(description) }];
  }),
);

const objectPrototype: object = Object.prototype;
/** What was there when tracelane was loaded. */
const objectKeys = Object.create(null) as Record<PropertyKey, true>;
for (const key of ownKeys(objectPrototype)) objectKeys[key] = true;

/** Without a prototype: else a `get` in Object.prototype would count as one of the description. */
function unheired(description: PropertyDescriptor): PropertyDescriptor {
  return { __proto__: null, ...description } as PropertyDescriptor;
}

/** Whether the originals are in their places, or being put there. */
let inPlace = false;

/**
 * Runs a function while the functions of the language and of Node are as they were when tracelane was
 * loaded. It must be synchronous, and must not call the program's code, which would miss its
 * replacements.
 */
export function withOriginals<T>(work: () => T): T {
  // Also where a getter of the program's, at a place that is looked at, has called tracelane.
  if (inPlace) return work();
  inPlace = true;
  const replacements: Original[] = [];
  try {
    takeReplacements(replacements);
    return work();
  } finally {
    // In reverse order: a function that is listed twice ends as what was found first.
    for (let i = replacements.length - 1; i >= 0; i--) restore(replacements[i]);
    inPlace = false;
  }
}

/** Puts the originals in their places, and adds what stood there to `taken`. */
function takeReplacements(taken: Original[]): void {
  for (let i = 0; i < originals.length; i++) {
    const original = originals[i];
    if (!isInPlace(original)) take(original, taken);
  }
  const keys = ownKeys(objectPrototype);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key in objectKeys) continue;
    take({ holder: objectPrototype, key, description: undefined }, taken);
  }
}

function take(original: Original, taken: Original[]): void {
  const { holder, key } = original;
  taken[taken.length] = { holder, key, description: describe(holder, key) };
  restore(original);
}

function isInPlace({ holder, key, description }: Original): boolean {
  try {
    // Of what is as it was, the value is found faster than its description. Not so for globals: programs
    // put getters there, and these may call tracelane.
    if (description !== undefined && description.get === undefined && holder !== globalThis) {
      return (holder as Record<PropertyKey, unknown>)[key] === description.value;
    }
    const now = describe(holder, key);
    return now?.get === description?.get && now?.value === description?.value;
  } catch {
    // The program has put a getter there, which throws.
    return false;
  }
}

function describe(holder: object, key: PropertyKey): PropertyDescriptor | undefined {
  const description = getOwnPropertyDescriptor(holder, key);
  return description && unheired(description);
}

/** Has no effect where the program has frozen the object. */
function restore({ holder, key, description }: Original): void {
  if (description === undefined) deleteProperty(holder, key);
  else defineProperty(holder, key, description);
}
