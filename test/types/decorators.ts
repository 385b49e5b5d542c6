import { type TraceDecorator, traceAsyncFunction, traceFunction } from 'tracelane';

// What the standard decorators accept. The compiler is the test.

export class Accepted {
  #size = 0;

  @traceFunction()
  static make(): Accepted {
    return new Accepted();
  }

  @traceFunction({ name: 'scale', category: 'geometry', args: { of: 'shape' } })
  scale(factor: number, unit?: string): string {
    return `${this.#size * factor}${unit ?? ''}`;
  }

  @traceFunction({ args: (key: string) => ({ key }) })
  find<K extends keyof this>(key: K): this[K] {
    return this[key];
  }

  show(value: string): string;
  show(value: number): number;
  @traceFunction()
  show(value: string | number): string | number {
    return value;
  }

  @traceFunction()
  get size(): number {
    return this.#size;
  }

  @traceFunction()
  set size(size: number) {
    this.#size = size;
  }

  @traceFunction()
  *corners(): Generator<number> {
    yield this.#privately(1);
  }

  @traceAsyncFunction({ args: (url: URL) => ({ url: url.href }) })
  async load(url: URL): Promise<string> {
    return url.href;
  }

  @traceAsyncFunction()
  async *pages(): AsyncGenerator<string> {
    yield 'first';
  }

  @traceFunction()
  #privately(factor: number): number {
    return this.#size * factor;
  }

  @traceFunction()
  protected inner(this: Accepted): void {}

  @traceFunction()
  [Symbol.iterator](): Iterator<number> {
    return this.corners();
  }

  @traceFunction({ args: (event: string) => ({ event }) })
  handler = (event: string): string => event;

  @traceAsyncFunction()
  static readonly connect = async (url: URL): Promise<string> => url.href;
}

/** Kept and used more than once. */
const traced: TraceDecorator = traceFunction({ category: 'shared' });

export class Shared {
  @traced
  first(): void {}
  @traced
  second(n: number): number {
    return n;
  }
}

export class Rejected {
  // @ts-expect-error: without its parentheses it is no decorator.
  @traceFunction
  method(): void {}

  // @ts-expect-error: a field that holds no function cannot be traced.
  @traceFunction()
  value = 5;

  // @ts-expect-error: an auto-accessor is no function.
  @traceFunction()
  accessor size = 5;

  // @ts-expect-error: there is no such option.
  @traceFunction({ categories: 'geometry' })
  scale(): void {}

  // @ts-expect-error: a name is a string.
  @traceFunction({ name: 5 })
  named(): void {}

  // @ts-expect-error: a category is a string.
  @traceAsyncFunction({ category: ['a', 'b'] })
  async sorted(): Promise<void> {}

  // @ts-expect-error: arguments have names.
  @traceFunction({ args: 'text' })
  shown(): void {}

  // @ts-expect-error: a function of arguments makes an object.
  @traceFunction({ args: (n: number) => n })
  made(n: number): number {
    return n;
  }
}

// @ts-expect-error: a class is no function that can be called.
@traceFunction()
export class Traced {}
