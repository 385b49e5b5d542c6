import { traceAsyncFunction, traceFunction } from 'tracelane';
import type { Holds, Same } from './check.js';

// A wrapped function has the type that it had before. The compiler is the test.

interface Overloaded {
  (text: string): string;
  (count: number, unit?: string): number;
}
interface Counted {
  (n: number): number;
  calls: number;
}
type Method = (this: { id: number }, key: string) => string;
type Generic = <T extends object, K extends keyof T>(object: T, key: K) => T[K];
type Optional = (a: number, b?: string, ...rest: boolean[]) => void;
type Predicate = (value: unknown) => value is string;
type Loader = (url: URL) => Promise<string>;
type Steps = (to: number) => Generator<number, string, boolean>;

declare const overloaded: Overloaded;
declare const counted: Counted;
declare const method: Method;
declare const generic: Generic;
declare const optional: Optional;
declare const predicate: Predicate;
declare const loader: Loader;
declare const steps: Steps;

export const wrapped = () => ({
  overloaded: traceFunction()(overloaded),
  counted: traceFunction({ name: 'counted' })(counted),
  method: traceFunction({ category: 'methods' })(method),
  generic: traceFunction({ args: { kind: 'generic' } })(generic),
  optional: traceFunction({ args: (a: number, b?: string) => ({ a, b }) })(optional),
  predicate: traceFunction()(predicate),
  loader: traceAsyncFunction({ args: (url: URL) => ({ href: url.href }) })(loader),
  steps: traceAsyncFunction()(steps),
  arrow: traceFunction()((a: number, b = 'x') => `${a}${b}`),
  callback: traceFunction()(function named(this: Map<string, number>, key: string) {
    return this.get(key);
  }),
});
type Wrapped = ReturnType<typeof wrapped>;

export type Kept = [
  Holds<Same<Wrapped['overloaded'], Overloaded>>,
  Holds<Same<Wrapped['counted'], Counted>>,
  Holds<Same<Wrapped['method'], Method>>,
  Holds<Same<Wrapped['generic'], Generic>>,
  Holds<Same<Wrapped['optional'], Optional>>,
  Holds<Same<Wrapped['predicate'], Predicate>>,
  Holds<Same<Wrapped['loader'], Loader>>,
  Holds<Same<Wrapped['steps'], Steps>>,
  Holds<Same<Wrapped['arrow'], (a: number, b?: string) => string>>,
  Holds<Same<Wrapped['callback'], (this: Map<string, number>, key: string) => number | undefined>>,
];

export function calls(all: Wrapped): void {
  const text: string = all.overloaded('a');
  const count: number = all.overloaded(1, 'px');
  const size: number = all.generic({ size: 1, name: 'x' }, 'size');
  const value: unknown = text;
  if (all.predicate(value)) value.toUpperCase();
  all.counted.calls = count + size;
  all.optional(1);
  all.optional(1, 'b', true, false);

  // @ts-expect-error: no overload takes a boolean.
  all.overloaded(true);
  // @ts-expect-error: not a key of the object.
  all.generic({ size: 1 }, 'width');
  // @ts-expect-error: called without its `this`.
  all.method('key');
  // @ts-expect-error: the promise is to be awaited.
  all.loader(new URL('file:///a')).toUpperCase();
}

export function rejected(): void {
  // @ts-expect-error: a string is no function.
  traceFunction()('work');
  // @ts-expect-error: an object is no function.
  traceAsyncFunction()({});
  // @ts-expect-error: nor is nothing.
  traceFunction()();
  // @ts-expect-error: a class can only be called with new.
  traceFunction()(class {});
  // @ts-expect-error: options come first, then the function.
  traceFunction(() => {});
  // @ts-expect-error: options come first, then the function.
  traceAsyncFunction(loader);
  // @ts-expect-error: there is no such option.
  traceFunction({ names: 'work' });
  // @ts-expect-error: a name is a string.
  traceFunction({ name: Symbol('work') });
  // @ts-expect-error: options are an object.
  traceAsyncFunction('work');
  // @ts-expect-error: arguments have names.
  traceFunction({ args: 5 });
}
