import { types } from 'node:util';
import fc from 'fast-check';
import { getGlobalTracer } from 'tracelane';

/**
 * How to make a hostile value. The recipe is plain data, so that a failing case can be printed:
 * printing a revoked proxy throws.
 */
export interface Recipe {
  readonly kind: string;
  readonly text: string;
  readonly inner: Recipe | undefined;
  readonly plain: unknown;
}

type Build = (text: string, inner: unknown) => unknown;

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

function withGetter(target: object, key: PropertyKey, get: () => unknown): object {
  return Object.defineProperty(target, key, { get, enumerable: true, configurable: true });
}

function withValue(target: object, key: PropertyKey, value: unknown): object {
  return Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
}

const TRAPS = [
  'get',
  'has',
  'ownKeys',
  'getPrototypeOf',
  'getOwnPropertyDescriptor',
  'apply',
  'isExtensible',
] as const;

/** A proxy all of whose traps throw. */
function hostileProxy(target: object, thrown: unknown): object {
  return new Proxy(target, Object.fromEntries(TRAPS.map((trap) => [trap, thrower(thrown)])));
}

function revokedProxy(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function detachedView(): Uint8Array {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** Long arrays have a test of their own: thousands of them would take minutes. */
function shortLength(length: unknown): unknown {
  if (typeof length === 'number') return length % 100;
  if (typeof length === 'string' && Number(length) > 100) return '7';
  if (typeof length === 'bigint') return length % 100n;
  return typeof length === 'object' && !types.isProxy(length) ? 3 : length;
}

class Guarded {
  readonly #secret: unknown;
  readonly shown: string;
  constructor(shown: string, secret: unknown) {
    this.shown = shown;
    this.#secret = secret;
  }
  get secret(): unknown {
    throw this.#secret;
  }
}
class OddArray extends Array<unknown> {}
class OddMap extends Map<unknown, unknown> {}
class OddError extends Error {}

const BUILDERS: Readonly<Record<string, Build>> = {
  'object that holds itself': (text, inner) => {
    const object: Record<string, unknown> = { text, inner };
    object['self'] = object;
    return object;
  },
  'array that holds itself': (_, inner) => {
    const array = [inner];
    array.push(array);
    return array;
  },
  'map that holds itself': (text, inner) => {
    const map = new Map<unknown, unknown>([[text, inner]]);
    return map.set('self', map);
  },
  'getter that throws': (text, inner) => withGetter({ first: 1 }, text, thrower(inner)),
  'getter that throws null': (text) => withGetter({ first: 1 }, text, thrower(null)),
  'getter that throws a revoked proxy': (text) =>
    withGetter({ first: 1 }, text, thrower(revokedProxy({}))),
  'getter that throws an odd RangeError': (text, inner) =>
    withGetter({}, text, thrower(withValue(new RangeError(text), 'message', inner))),
  'getter that records': (text, inner) =>
    withGetter({}, text, () => {
      getGlobalTracer().instant('from a getter', text, { text });
      return inner;
    }),
  'toJSON that throws': (text, inner) => ({ text, toJSON: thrower(inner) }),
  'toJSON that gives something else': (_, inner) => ({ toJSON: () => inner }),
  'toJSON that gives itself': (text) => ({
    text,
    toJSON() {
      return this;
    },
  }),
  'toJSON that is no function': (text, inner) => ({ text, toJSON: inner }),
  'toJSON that throws when it is looked at': (_, inner) => withGetter({}, 'toJSON', thrower(inner)),
  'proxy that throws': (_, inner) => hostileProxy({}, inner),
  'array proxy that throws': (_, inner) => hostileProxy([], inner),
  'function proxy that throws': (_, inner) => hostileProxy(() => {}, inner),
  'proxy that lies': (text, inner) =>
    new Proxy({}, { ownKeys: () => [text, 'none'], get: () => inner }),
  'proxy without an end': (text) => {
    const proxy: object = new Proxy(
      {},
      {
        ownKeys: () => [text],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_, key) => (key === text ? proxy : undefined),
      },
    );
    return proxy;
  },
  'revoked proxy': () => revokedProxy({}),
  'revoked array proxy': () => revokedProxy([]),
  'revoked function proxy': () => revokedProxy(() => {}),
  bigint: (text) => BigInt(text.length) ** 9n,
  'enormous bigint': () => 1n << 5000n,
  symbol: (text) => Symbol(text),
  'well-known symbol': () => Symbol.iterator,
  NaN: () => Number.NaN,
  infinity: () => -Infinity,
  'negative zero': () => -0,
  'least number': () => 5e-324,
  'invalid date': () => new Date(Number.NaN),
  'date that says odd things': (text) =>
    Object.assign(new Date(0), { toISOString: () => `"${text}` }),
  'date of year 275760': () => new Date(8.64e15),
  map: (text, inner) => new Map([[text, inner]]),
  'map by objects': (text, inner) => new OddMap([[{ text }, inner]]),
  'map with __proto__': (_, inner) => new Map([['__proto__', inner]]),
  set: (text, inner) => new Set([text, inner]),
  'weak collections': () => [new WeakMap(), new WeakSet(), new WeakRef({})],
  promise: () => Promise.resolve(1),
  'class instance': (text, inner) => new Guarded(text, inner),
  'class instance with a getter of its own': (text, inner) =>
    withGetter(new Guarded(text, inner), 'own', thrower(inner)),
  'typed array': () => Float64Array.of(Number.NaN, -0, 1e300),
  'typed array of bigints': () => BigInt64Array.of(1n, -1n),
  'shared view': () => new Uint16Array(new SharedArrayBuffer(8), 2, 2),
  'shared memory': () => new SharedArrayBuffer(8),
  'detached view': detachedView,
  'data view': () => new DataView(new SharedArrayBuffer(16)),
  'buffer that says odd things': (text) =>
    withValue(new ArrayBuffer(4), 'constructor', { name: `"${text}` }),
  '__proto__ key': (_, inner) => withValue({ after: 1 }, '__proto__', inner),
  'constructor key': (text, inner) => ({ constructor: inner, hasOwnProperty: text }),
  function: (text) => withValue(() => {}, 'name', text),
  'function without a name to read': (_, inner) => withGetter(() => {}, 'name', thrower(inner)),
  class: () => Guarded,
  'object without a prototype': (text, inner) => withValue(Object.create(null), text, inner),
  'sparse array': (text, inner) => {
    const array: unknown[] = [];
    array[2] = inner;
    array[9] = text;
    return array;
  },
  'array with a getter': (_, inner) => withGetter([1, 2, 3], 1, thrower(inner)),
  'array of a length that lies': (_, inner) =>
    new Proxy([1], {
      get: (array, key) => (key === 'length' ? shortLength(inner) : Reflect.get(array, key)),
    }),
  'array of a class': (text, inner) => OddArray.of(text, inner),
  'boxed values': (text) => [Object(5), Object(text), Object(true), Object(1n), Object(Symbol())],
  'boxed value that throws': (_, inner) => Object.assign(Object(5), { valueOf: thrower(inner) }),
  'error with a cause': (text, inner) => new OddError(text, { cause: inner }),
  'error that is its own cause': (text) => {
    const error = new Error(text);
    return Object.assign(error, { cause: error });
  },
  'error with odd fields': (text, inner) =>
    Object.assign(new Error(text), { name: Symbol(text), message: inner, stack: inner }),
  'error with a getter': (text, inner) => withGetter(new TypeError(text), 'code', thrower(inner)),
  'error of many': (text, inner) => new AggregateError([inner], text),
  'regular expression': () => /["\\\u2028]/gu,
  'regular expression that throws': (_, inner) =>
    Object.assign(/x/, { toString: thrower(inner), lastIndex: 5 }),
  url: () => new URL('http://localhost/?"'),
  generator: () => (function* () {})(),
  plain: (_, inner) => ({ inner }),
};

const SPECIAL_TEXTS = [
  '',
  '__proto__',
  'constructor',
  'toJSON',
  'toString',
  'length',
  '"',
  // Not a backslash alone: V8 14.6 takes other keys for it when it parses (in Node 26).
  '\\ \\',
  '\\ud800',
  '</script>',
  '\u0000\u0001\u001f\u007f\u0085',
  '\r\n\t\b\f\v',
  '\u2028\u2029\ufeff\uffff',
  '\ud800',
  '\udc00\ud800',
  'a\udfffb',
  '😀'.repeat(20),
  `${'x'.repeat(2047)}😀`,
  `${'ü'.repeat(300)}\ud83d`,
  '界'.repeat(3000),
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...SPECIAL_TEXTS),
  fc.string({ unit: 'binary', maxLength: 12 }),
  // Half of a pair alone, anywhere.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((codes) => String.fromCharCode(...codes)),
);

const plain = fc.anything({
  maxDepth: 2,
  maxKeys: 3,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});

export const recipe: fc.Arbitrary<Recipe> = fc.letrec<{ recipe: Recipe }>((tie) => ({
  recipe: fc.record({
    kind: fc.constantFrom(...Object.keys(BUILDERS)),
    text: hostileText,
    inner: fc.option(tie('recipe'), { nil: undefined, maxDepth: 2, freq: 1 }),
    plain,
  }),
})).recipe;

/** A new hostile value, made as the recipe says. */
export function build({ kind, text, inner, plain: value }: Recipe): unknown {
  return BUILDERS[kind]?.(text, inner === undefined ? value : build(inner));
}

/** What the file shows of a JSON value: it knows no negative zero and no half of a pair. */
export function asShown(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(asShown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toWellFormed(), asShown(member)]),
  );
}
