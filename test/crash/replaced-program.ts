/**
 * Replaces each function of the language and of Node that a program can replace, one after the
 * other, after the library was loaded, and records the same calls each time. Prints what threw, and
 * where the file is not what it is without a replacement.
 */

import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance as perf } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { getGlobalTracer, setGlobalTracer, Tracer, traceFunction } from 'tracelane';
import { ownArguments, type RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';

const writer = process.argv[2] === 'thread' ? 'thread' : 'inline';
/** `.json`, or that of a packed trace. */
const [, , , suffix = '.json'] = process.argv;

const { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } =
  Reflect;
const print = process.stdout.write.bind(process.stdout);

interface Target {
  readonly name: string;
  readonly holder: object;
  readonly key: PropertyKey;
}

interface Replacement {
  readonly name: string;
  readonly by: unknown;
}

const iterator = (of: Iterable<unknown>) => getPrototypeOf(of[Symbol.iterator]()) as object;

const CLASSES = [
  ...[Object, Function, Array, String, Number, BigInt, Boolean, Symbol, RegExp, Error, Date],
  ...[Map, Set, WeakMap, WeakRef, Promise, ArrayBuffer, SharedArrayBuffer, DataView, Buffer],
  ...[Uint8Array, Int32Array, Float64Array, BigInt64Array, EventEmitter, Readable],
] as const;

const HOLDERS: readonly (readonly [name: string, holder: object])[] = [
  ...CLASSES.flatMap((of): [string, object][] => [
    [of.name, of],
    [`${of.name}.prototype`, of.prototype as object],
  ]),
  ...Object.entries({ Math, JSON, Atomics, Reflect }),
  ['TypedArray.prototype', getPrototypeOf(Uint8Array.prototype) as object],
  ['ArrayIterator', iterator([])],
  ['MapIterator', iterator(new Map())],
  ['SetIterator', iterator(new Set())],
  ['StringIterator', iterator('')],
  ['Generator.prototype', getPrototypeOf(function* () {}.prototype) as object],
  ['Performance.prototype', getPrototypeOf(perf) as object],
];

const GLOBALS =
  'Array ArrayBuffer Atomics BigInt BigInt64Array Boolean Buffer DataView Date Error Float64Array ' +
  'Int32Array JSON Map Math Number Object Promise Reflect RegExp Set SharedArrayBuffer String ' +
  'Symbol TextEncoder Uint8Array URL WeakMap clearInterval clearTimeout performance process ' +
  'queueMicrotask setImmediate setInterval setTimeout structuredClone';

/**
 * Properties that descriptions, and other objects without one of their own, would inherit. Not
 * `toJSON`: a program that gives it to all objects wants them written so, as in its own JSON.
 */
const INHERITED = 'get set value writable enumerable configurable then constructor';

/** What programs do replace. With a writer thread, which takes long to start, only these. */
const COMMON =
  'Object.prototype.get Object.prototype.set JSON.stringify JSON.parse Map.prototype.get ' +
  'Map.prototype.set Set.prototype.has Performance.prototype.now perf.now performance Atomics.wait ' +
  'Atomics.store Buffer.prototype.write Buffer.prototype.utf8Write Buffer.from setInterval ' +
  'clearInterval setImmediate Date Date.now Math.random Math.ceil Array.prototype.push ' +
  'Array.prototype.at Array.prototype.includes String.prototype.charCodeAt String.prototype.slice ' +
  'String.prototype.toWellFormed Number.isFinite Promise Promise.prototype.then ' +
  'process.emitWarning process.hrtime process Reflect Reflect.apply Symbol Object.defineProperty ' +
  'EventEmitter.prototype.on Function.prototype.call ArrayIterator.next';

/** What packing calls beyond what writing does. With a packed trace, only these. */
const PACKING = /^(?:DataView|EventEmitter|Readable|TypedArray|process)\b/;

function targets(): Target[] {
  const all: Target[] = [];
  for (const [name, holder] of HOLDERS) {
    for (const key of ownKeys(holder)) {
      const description = getOwnPropertyDescriptor(holder, key);
      if (description?.configurable !== true || typeof description.value !== 'function') continue;
      // What the classes of the library are made of, and no replacement.
      if (key === 'constructor' && holder !== Promise.prototype) continue;
      all.push({ name: `${name}.${String(key)}`, holder, key });
    }
  }
  for (const key of GLOBALS.split(' ')) all.push({ name: key, holder: globalThis, key });
  for (const key of INHERITED.split(' ')) {
    all.push({ name: `Object.prototype.${key}`, holder: Object.prototype, key });
  }
  all.push({ name: 'perf.now', holder: perf, key: 'now' });
  all.push({ name: 'process.hrtime', holder: process, key: 'hrtime' });
  all.push({ name: 'process.getBuiltinModule', holder: process, key: 'getBuiltinModule' });
  all.push({ name: 'process.emitWarning', holder: process, key: 'emitWarning' });
  const common = COMMON.split(' ');
  if (suffix !== '.json') return all.filter(({ name }) => PACKING.test(name));
  return all.filter(({ name }) => writer === 'inline' || common.includes(name));
}

const REPLACEMENTS: readonly Replacement[] = [
  {
    name: 'throws',
    by: () => {
      throw new Error('replaced');
    },
  },
  { name: 'gives undefined', by: () => undefined },
];

const nested = { list: [1, 'two', { three: [null, undefined, Number.NaN] }] };
const values = {
  map: new Map<unknown, unknown>([
    ['a', 1],
    ['b', new Set([1, 2])],
  ]),
  pairs: new Map<unknown, unknown>([[1, 2]]),
  date: new Date(0),
  bigint: 12n,
  bytes: new Uint8Array(3),
  expression: /x/g,
  symbol: Symbol('s'),
  long: 'ä'.repeat(100),
};
const error = Object.assign(new TypeError('wrong'), { stack: 'stack', code: 'E' });
const many = { text: 'x'.repeat(50_000) };
const traced = traceFunction({ name: 'traced', args: (i: number) => ({ i }) })((i: number) => i);
const promise = Promise.resolve(1);
const work = async () => 1;

/** One of each call. */
function record(tracer: Tracer): void {
  tracer.instant('instant', 'a', nested, 'process');
  tracer.instant('values', 'b,c', values);
  tracer.instant('error', 'c', { error });
  tracer.instant('ä long name that is longer than any short one, and not in ASCII alone: ö', 'd');
  tracer.instant('many', 'd', many);
  tracer.counter('counter', 1);
  tracer.counter('series', { a: 1, b: 2 }, 'e');
  const span = tracer.span('span', 'f', { a: 1, b: 'text', c: true, d: null, e: 1.5 });
  const inner = tracer.span('inner');
  inner.end({ more: 1 });
  const flow = tracer.flowStart('flow');
  tracer.flowStep(flow);
  tracer.flowEnd(flow);
  tracer.emit({ name: 'emitted', ph: 's', id: '0x1f' });
  span.end();
  tracer.trace('trace', () => traced(1), 'g', { a: 1 });
  void tracer.trace('promise', () => promise);
  void tracer.trace('async', work);
  tracer.complete('complete', 1, 1);
  const id = tracer.beginSpan('loose');
  tracer.endSpan(id, { a: 1 });
  const operation = tracer.asyncBegin('operation', 'name', 'h', { a: 1 });
  tracer.asyncInstant(operation, 'moment');
  tracer.asyncEnd(operation);
  tracer.emit({ name: 'emitted', ph: 'X', ts: 1, dur: 2, args: { a: [1] } });
  tracer.emit({ name: 'emitted', ph: 'C', args: { a: 1 } });
  tracer.emit({ name: 'emitted', ph: 'b', id2: { local: 'x' } });
  tracer.metadata('thread_sort_index', { sort_index: 1 });
  tracer.setThreadName('thread');
  tracer.setProcessSortIndex(2);
  getGlobalTracer().instant('global');
  tracer.stats();
  tracer.flushSync();
}

const folder = mkdtempSync(join(tmpdir(), 'replaced-'));

/**
 * The events of a file, without what differs from run to run: ids, which are others in each recording.
 * Nor can Node always say which call an event belongs to: since 24, its contexts are kept by a Map, whose
 * iterator may be one of the functions that were replaced.
 */
function shapeOf(path: string): string {
  const bytes = readFileSync(path);
  const text = (suffix === '.json' ? bytes : gunzipSync(bytes)).toString();
  const problems = checkTrace(text);
  if (problems.length > 0) return `problems: ${JSON.stringify(problems.slice(0, 3))}`;
  const events = JSON.parse(text) as RecordedEvent[];
  const shapes = events.map(({ name, cat, ph, args }) => {
    const shown = name === 'trace_start' || ph === 'M' ? {} : ownArguments(args);
    return JSON.stringify([name, cat, ph, shown]).slice(0, 500);
  });
  return shapes.sort().join('\n');
}

const failures: string[] = [];
let count = 0;

async function runCase(name: string, prepare: () => () => void): Promise<string> {
  const tracer = new Tracer(join(folder, `${count++}${suffix}`), {
    writer,
    bufferSize: 256 * 1024,
    handleSignals: false,
  });
  let thrown: unknown;
  // A thread is started in peace: much of Node's own is called for it.
  if (writer === 'thread') setGlobalTracer(tracer.start());
  const undo = prepare();
  try {
    if (writer === 'inline') tracer.start();
    setGlobalTracer(tracer);
    record(tracer);
    tracer.stopSync();
    setGlobalTracer(undefined);
  } catch (reason) {
    thrown = reason;
  }
  undo();
  const path = tracer.outputFile;
  if (thrown !== undefined) {
    const { stack } = thrown as Error;
    failures.push(`${name}: threw ${stack}`);
    tracer.stopSync();
    setGlobalTracer(undefined);
  }
  await promise;
  let shape = '';
  try {
    shape = shapeOf(path);
  } catch (reason) {
    shape = String(reason);
  }
  rmSync(path, { force: true });
  return shape;
}

/** Replaces it, and gives what puts it back. */
function replace({ holder, key }: Target, value: unknown): () => void {
  const original = getOwnPropertyDescriptor(holder, key);
  // Made before, and without a prototype: one case has a `get` in that of all objects.
  const description = { __proto__: null, value, writable: true, configurable: true };
  defineProperty(holder, key, description as PropertyDescriptor);
  return () => {
    if (original === undefined) deleteProperty(holder, key);
    else defineProperty(holder, key, original);
  };
}

async function main(): Promise<void> {
  const expected = await runCase('nothing', () => () => {});
  if (expected.startsWith('problems') || expected.split('\n').length < 30) {
    failures.push(`nothing replaced: ${expected}`);
  }
  const all = targets();
  const isQuick = writer === 'thread' || suffix !== '.json';
  for (const target of all) {
    for (const { name, by } of isQuick ? REPLACEMENTS.slice(0, 1) : REPLACEMENTS) {
      const title = `${target.name} ${name}`;
      const shape = await runCase(title, () => replace(target, by));
      if (shape !== expected) failures.push(`${title}: ${difference(expected, shape)}`);
    }
  }
  rmSync(folder, { recursive: true });
  print(JSON.stringify({ cases: count, failures }));
}

function difference(expected: string, shape: string): string {
  const before = new Set(expected.split('\n'));
  const after = new Set(shape.split('\n'));
  const missing = [...before].filter((line) => !after.has(line));
  const added = [...after].filter((line) => !before.has(line));
  return `missing ${missing.slice(0, 4).join(' ')} added ${added.slice(0, 4).join(' ').slice(0, 600)}`;
}

await main();
