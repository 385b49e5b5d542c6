import { traceAsyncFunction, traceFunction } from 'tracelane';

// What the decorators accept with `experimentalDecorators`. The compiler is the test.

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

  set size(size: number) {
    this.#size = size;
  }

  @traceFunction()
  *corners(): Generator<number> {
    yield this.#size;
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
  protected inner(this: Accepted): void {}

  @traceFunction()
  [Symbol.iterator](): Iterator<number> {
    return this.corners();
  }
}

export class Rejected {
  // @ts-expect-error: without its parentheses it is no decorator.
  @traceFunction
  method(): void {}

  // @ts-expect-error: a property has no function yet that could be traced.
  @traceFunction()
  handler = (): void => {};

  // @ts-expect-error: nor is it a method.
  @traceAsyncFunction()
  value = 5;

  // @ts-expect-error: there is no such option.
  @traceFunction({ categories: 'geometry' })
  scale(): void {}

  // @ts-expect-error: a name is a string.
  @traceAsyncFunction({ name: 5 })
  async load(): Promise<void> {}
}

// @ts-expect-error: a class is no function that can be called.
@traceFunction()
export class Traced {}
