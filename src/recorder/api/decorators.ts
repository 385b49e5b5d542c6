import type { Args } from '../../trace-event/events.js';
import { badOption, TraceError } from '../errors.js';
import { wrapFunction } from './wrap.js';

/** What {@link traceFunction} takes. */
export interface DecoratorOptions {
  /** Name of the span. Default: the name of the function or method. */
  name?: string | undefined;
  /** Default: 'function'. */
  category?: string | undefined;
  /**
   * Arguments of the span: an object, or a function that makes it of the call's own arguments.
   * What that function throws is counted as invalid, and the span is recorded without.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a callback's parameters are the traced function's.
  args?: Readonly<Record<string, unknown>> | ((...args: any[]) => Args) | undefined;
}

/** What {@link traceAsyncFunction} takes: the same, with the category 'async_function'. */
export type AsyncDecoratorOptions = DecoratorOptions;

/** Any function. With parameters of type `never`, every function type fits. */
type Callable = (...args: never[]) => unknown;

/**
 * Traces what it is applied to, and leaves its type as it is: overloads, type parameters and
 * `this` included.
 */
export interface TraceDecorator {
  /** Standard decorator of a method: instance, static or private. */
  // biome-ignore lint/suspicious/noExplicitAny: ClassMethodDecoratorContext asks for just this.
  <This, F extends (this: This, ...args: any) => any>(
    method: F,
    context: ClassMethodDecoratorContext<This, F>,
  ): F;
  /** Standard decorator of a getter. */
  <This, V>(
    getter: (this: This) => V,
    context: ClassGetterDecoratorContext<This, V>,
  ): (this: This) => V;
  /** Standard decorator of a setter. */
  <This, V>(
    setter: (this: This, value: V) => void,
    context: ClassSetterDecoratorContext<This, V>,
  ): (this: This, value: V) => void;
  /** Standard decorator of a field that holds a function. */
  <This, F extends Callable>(
    field: undefined,
    context: ClassFieldDecoratorContext<This, F>,
  ): (this: This, initial: F) => F;
  /** Legacy decorator (`experimentalDecorators`) of a method or an accessor. */
  <T>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>;
  /** Wrapper of a function. */
  <F extends Callable>(fn: F): F;
}

/**
 * Traces a function: a span for each call, in the global tracer of the moment of the call.
 *
 * ```ts
 * class Parser {
 *   @traceFunction({ args: (file: string) => ({ file }) })
 *   parse(file: string) { … }
 * }
 * const parse = traceFunction({ name: 'parse' })(parseFile);
 * ```
 *
 * Works as a standard decorator, as a legacy one and as a wrapper. `this`, arguments, return
 * value, thrown error, `name` and `length` stay as they are; an error is shown in the span. A call
 * that returns a promise ends its span when that settles: see {@link traceAsyncFunction} for what
 * is better in that case. Of a generator, the span covers the iteration.
 *
 * @throws {TraceError} TRACELANE_BAD_OPTION, TRACELANE_BAD_TARGET
 */
export function traceFunction(options: DecoratorOptions = {}): TraceDecorator {
  return decorator(options, 'function', false);
}

/**
 * The same for asynchronous functions: operations that the function starts, also after an await,
 * are drawn inside it. {@link traceFunction} does that only for functions declared `async`, as
 * keeping track costs more than the span itself on some versions of Node.
 *
 * @throws {TraceError} TRACELANE_BAD_OPTION, TRACELANE_BAD_TARGET
 */
export function traceAsyncFunction(options: AsyncDecoratorOptions = {}): TraceDecorator {
  return decorator(options, 'async_function', true);
}

type DecoratorContext = { kind?: unknown; name?: unknown };

function decorator(
  options: DecoratorOptions,
  defaultCategory: string,
  asynchronous: boolean,
): TraceDecorator {
  checkOptions(options);
  const { category = defaultCategory, args } = options;
  const wrap = (fn: Callable, fallbackName: string): Callable => {
    const name =
      options.name ?? (typeof fn.name === 'string' && fn.name !== '' ? fn.name : fallbackName);
    return wrapFunction(fn, { name, category, args, asynchronous });
  };

  const decorate = (...input: readonly unknown[]): unknown => {
    const [target, context, descriptor] = input;
    if (input.length === 1) return wrap(callable(target), '(anonymous)');
    if (isKey(context)) return decorateProperty(context, descriptor, wrap);
    const { kind, name } = (context ?? {}) as DecoratorContext;
    switch (kind) {
      case 'method':
      case 'getter':
      case 'setter':
        return wrap(callable(target), String(name));
      case 'field':
        return (initial: unknown) => wrap(callable(initial), String(name));
      default:
        throw badTarget(`what a decorator calls '${String(kind)}'`);
    }
  };
  return decorate as TraceDecorator;
}

/** A legacy decorator gets a property descriptor and gives another one. */
function decorateProperty(
  key: string | number | symbol,
  descriptor: unknown,
  wrap: (fn: Callable, name: string) => Callable,
): PropertyDescriptor {
  if (typeof descriptor !== 'object' || descriptor === null) throw badTarget('a property');
  const { value, get, set, ...rest } = descriptor as PropertyDescriptor;
  const name = String(key);
  if (typeof value === 'function') return { ...rest, value: wrap(value as Callable, name) };
  if (get === undefined && set === undefined) throw badTarget('a property');
  const accessor: PropertyDescriptor = rest;
  if (get !== undefined) accessor.get = wrap(get, name) as () => unknown;
  if (set !== undefined) accessor.set = wrap(set, name) as (value: unknown) => void;
  return accessor;
}

/** TypeScript gives the name of `1() {}` and `0x1() {}` as the number that it is. */
function isKey(value: unknown): value is string | number | symbol {
  return typeof value === 'string' || typeof value === 'symbol' || typeof value === 'number';
}

function callable(value: unknown): Callable {
  if (typeof value === 'function') return value as Callable;
  throw badTarget(value === null ? 'null' : `a value of type ${typeof value}`);
}

function badTarget(what: string): TraceError {
  return new TraceError(
    'TRACELANE_BAD_TARGET',
    `traceFunction and traceAsyncFunction trace functions, methods, accessors and fields that ` +
      `hold functions, not ${what}.`,
  );
}

function checkOptions(options: DecoratorOptions): void {
  const given = options as Record<string, unknown> | null;
  if (typeof given !== 'object' || given === null) {
    throw badOption(
      'traceFunction and traceAsyncFunction take options and give the decorator: write ' +
        '@traceFunction() or traceFunction()(fn).',
    );
  }
  for (const name of Object.keys(given)) {
    if (name !== 'name' && name !== 'category' && name !== 'args') {
      throw badOption(`There is no option '${name}'. The options are name, category, args.`);
    }
  }
  for (const name of ['name', 'category']) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'string') {
      throw badOption(`The option '${name}' must be a string, not ${typeof value}.`);
    }
  }
  const { args } = given;
  if (
    args !== undefined &&
    typeof args !== 'function' &&
    (typeof args !== 'object' || args === null)
  ) {
    throw badOption("The option 'args' must be an object or a function that makes one.");
  }
}
