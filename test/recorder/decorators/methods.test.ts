import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { traceAsyncFunction, traceFunction } from 'tracelane';
import { callOf, callsOf, drawnAs, isInside, recordCalls } from './record-calls.js';

// Compiled twice: here as the language has decorators now, and into legacy/ as they were before.
const dialect = import.meta.url.includes('/build/test/legacy/') ? 'legacy' : 'standard';

const KEY = Symbol('key');

class Shape {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  @traceFunction()
  static square(size: number): Shape {
    return new this(size);
  }

  @traceFunction({ args: (factor: number, ...names: string[]) => ({ factor, names }) })
  scale(factor: number, ..._names: string[]): Shape {
    return new Shape(this.size * factor);
  }

  @traceFunction({ name: 'Shape.area', category: 'geometry' })
  get area(): number {
    return this.size ** 2;
  }

  @traceFunction({ args: (perimeter: number) => ({ perimeter }) })
  set perimeter(perimeter: number) {
    Object.assign(this, { size: perimeter / 4 });
  }

  @traceFunction()
  fail(error: unknown): never {
    throw error;
  }

  @traceFunction()
  [KEY](): string {
    return 'by symbol';
  }

  @traceFunction()
  7(): string {
    return 'by number';
  }

  @traceFunction()
  get 8(): string {
    return 'got by number';
  }

  @traceFunction()
  *corners(): Generator<number, string> {
    yield 1;
    yield this.size;
    return 'done';
  }

  @traceAsyncFunction()
  async draw(): Promise<Shape> {
    await null;
    return this.outline();
  }

  @traceAsyncFunction()
  async outline(): Promise<Shape> {
    await null;
    return this;
  }

  @traceAsyncFunction()
  async *strokes(): AsyncGenerator<number> {
    yield 1;
    await this.outline();
    yield this.size;
  }

  plain(_a: number, _b: number): void {}

  @traceFunction()
  traced(_a: number, _b: number): void {}
}

describe(`${dialect} decorators`, () => {
  test('they are what the compiler made', () => {
    let given = 0;
    const probe = (...args: unknown[]): void => {
      given = args.length;
    };
    class Probed {
      @probe
      method() {}
    }
    new Probed().method();
    assert.equal(given, dialect === 'legacy' ? 3 : 2);
  });

  test('a method is recorded with its this, its arguments and what it returns', async () => {
    const recorded = await recordCalls(() => {
      assert.equal(new Shape(2).scale(3, 'a', 'b').size, 6);
    });
    const call = callOf(recorded, 'scale');
    assert.equal(call.category, 'function');
    assert.deepEqual(call.args, { factor: 3, names: ['a', 'b'] });
  });

  test('a static method is recorded with its class as this', async () => {
    class Small extends Shape {}
    const recorded = await recordCalls(() => {
      assert.equal(Shape.square(1).constructor, Shape);
      assert.equal(Small.square(1).constructor, Small);
    });
    assert.equal(callsOf(recorded, 'square').length, 2);
  });

  test('a getter is recorded', async () => {
    const recorded = await recordCalls(() => assert.equal(new Shape(3).area, 9));
    assert.equal(callOf(recorded, 'Shape.area').category, 'geometry');
  });

  test('a setter is recorded with what it is given', async () => {
    const recorded = await recordCalls(() => {
      const shape = new Shape(3);
      shape.perimeter = 8;
      assert.equal(shape.size, 2);
    });
    assert.deepEqual(callOf(recorded, 'set perimeter').args, { perimeter: 8 });
  });

  test('of a getter and its setter, that with the decorator is recorded, or both in legacy', async () => {
    class Both {
      #value = 1;
      @traceFunction()
      get value(): number {
        return this.#value;
      }
      set value(value: number) {
        this.#value = value;
      }
    }
    const recorded = await recordCalls(() => {
      const both = new Both();
      both.value = 2;
      assert.equal(both.value, 2);
    });
    assert.deepEqual(
      recorded.calls.map(({ name }) => name),
      dialect === 'legacy' ? ['set value', 'get value'] : ['get value'],
    );
  });

  test('a method that throws is recorded with its error', async () => {
    const error = new TypeError('no');
    const recorded = await recordCalls(() => {
      assert.throws(
        () => new Shape(1).fail(error),
        (thrown) => thrown === error,
      );
    });
    assert.deepEqual(callOf(recorded, 'fail').args, { error: 'TypeError: no' });
  });

  test('a method with a symbol for a name is recorded', async () => {
    const recorded = await recordCalls(() => assert.equal(new Shape(1)[KEY](), 'by symbol'));
    assert.equal(callsOf(recorded, '[key]').length, 1);
  });

  test('a method and a getter with a number for a name are recorded', async () => {
    const recorded = await recordCalls(() => {
      const shape = new Shape(2);
      assert.deepEqual([shape[7](), shape[8]], ['by number', 'got by number']);
    });
    const names = recorded.calls.map(({ name }) => name);
    assert.deepEqual(names, ['7', 'get 8']);
  });

  test('a generator is recorded from its first value to its end', async () => {
    const recorded = await recordCalls(() => {
      assert.deepEqual([...new Shape(7).corners()], [1, 7]);
    });
    assert.equal(drawnAs(callOf(recorded, 'corners')), 'slice');
  });

  test('async methods are recorded as operations, one inside the other', async () => {
    const shape = new Shape(1);
    const recorded = await recordCalls(async () => assert.equal(await shape.draw(), shape));
    const draw = callOf(recorded, 'draw');
    const outline = callOf(recorded, 'outline');
    assert.equal(draw.category, 'async_function');
    assert.equal(outline.track, draw.track);
    assert.ok(isInside(outline, draw));
  });

  test('an async generator is recorded as an operation', async () => {
    const recorded = await recordCalls(async () => {
      const values = [];
      for await (const value of new Shape(5).strokes()) values.push(value);
      assert.deepEqual(values, [1, 5]);
    });
    const strokes = callOf(recorded, 'strokes');
    const outline = callOf(recorded, 'outline');
    assert.equal(outline.track, strokes.track);
    assert.ok(isInside(outline, strokes));
  });

  test('a method of a subclass and the one that it calls by super are recorded', async () => {
    class Round extends Shape {
      @traceFunction({ name: 'Round.scale' })
      override scale(factor: number): Shape {
        return super.scale(2 * factor, 'twice');
      }
    }
    const recorded = await recordCalls(() => assert.equal(new Round(1).scale(2).size, 4));
    assert.ok(isInside(callOf(recorded, 'scale'), callOf(recorded, 'Round.scale')));
  });

  test('one decorator serves several methods', async () => {
    const traced = traceFunction();
    class Pair {
      @traced
      first(): number {
        return this.second();
      }
      @traced
      second(): number {
        return 2;
      }
    }
    const recorded = await recordCalls(() => assert.equal(new Pair().first(), 2));
    assert.deepEqual(
      recorded.calls.map(({ name, depth }) => [name, depth]),
      [
        ['first', 0],
        ['second', 1],
      ],
    );
  });

  test('two decorators record two spans', async () => {
    class Twice {
      @traceFunction({ name: 'outside' })
      @traceFunction({ name: 'inside' })
      method(): void {}
    }
    const recorded = await recordCalls(() => new Twice().method());
    assert.ok(isInside(callOf(recorded, 'inside'), callOf(recorded, 'outside')));
  });

  test('a method keeps its name and length, and stays as hidden as it was', () => {
    const { plain, traced } = Object.getOwnPropertyDescriptors(Shape.prototype);
    const { value, ...attributes } = traced;
    assert.deepEqual(attributes, { writable: true, enumerable: false, configurable: true });
    assert.deepEqual({ ...plain, value }, traced);
    assert.equal(value?.name, 'traced');
    assert.equal(value?.length, 2);
  });

  test('methods just run when nothing is recorded', async () => {
    const shape = new Shape(2);
    assert.equal(shape.scale(2).size, 4);
    assert.equal(shape.area, 4);
    assert.deepEqual([...shape.corners()], [1, 2]);
    assert.equal(await shape.draw(), shape);
  });
});
