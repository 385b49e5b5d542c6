import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TraceError, type TraceErrorCode, traceAsyncFunction, traceFunction } from 'tracelane';

type Untyped = (...args: unknown[]) => (...args: unknown[]) => unknown;

function refuses(attempt: () => unknown, code: TraceErrorCode, message: RegExp): void {
  assert.throws(attempt, (error) => {
    assert.ok(error instanceof TraceError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

for (const [name, typed] of [
  ['traceFunction', traceFunction],
  ['traceAsyncFunction', traceAsyncFunction],
] as const) {
  // As a program in JavaScript would call it.
  const decorator = typed as unknown as Untyped;

  describe(name, () => {
    test('it refuses options that are none', () => {
      for (const options of [null, 'load', 5, true]) {
        refuses(() => decorator(options), 'TRACELANE_BAD_OPTION', /takes? options/);
      }
    });

    test('it says what to write where it is given the function itself', () => {
      refuses(
        () => decorator(() => {}),
        'TRACELANE_BAD_OPTION',
        /write @traceFunction\(\) or traceFunction\(\)\(fn\)/,
      );
    });

    test('it refuses an option that does not exist, and names those that do', () => {
      refuses(
        () => decorator({ categories: 'io' }),
        'TRACELANE_BAD_OPTION',
        /'categories'.*name, category, args/,
      );
    });

    test('it refuses an option of the wrong type', () => {
      refuses(() => decorator({ name: 5 }), 'TRACELANE_BAD_OPTION', /'name' must be a string/);
      refuses(() => decorator({ category: null }), 'TRACELANE_BAD_OPTION', /'category' must be/);
      for (const args of ['text', 5, null]) {
        refuses(() => decorator({ args }), 'TRACELANE_BAD_OPTION', /'args' must be an object or/);
      }
    });

    test('it takes undefined for an option that is not given', () => {
      const fn = decorator({ name: undefined, category: undefined, args: undefined })(() => 1);
      assert.equal((fn as () => number)(), 1);
    });

    test('it refuses to wrap what is no function', () => {
      for (const [target, shown] of [
        [{}, /object/],
        [null, /null/],
        [undefined, /undefined/],
        ['load', /string/],
      ] as const) {
        refuses(() => decorator()(target), 'TRACELANE_BAD_TARGET', shown);
      }
    });

    test('it refuses to decorate a class', () => {
      const context = { kind: 'class', name: 'A' };
      refuses(() => decorator()(class {}, context), 'TRACELANE_BAD_TARGET', /class/);
    });

    test('it refuses to decorate an auto-accessor', () => {
      const target = { get: () => 1, set: () => {} };
      const context = { kind: 'accessor', name: 'a' };
      refuses(() => decorator()(target, context), 'TRACELANE_BAD_TARGET', /accessor/);
    });

    test('it refuses a field that turns out to hold no function', () => {
      const decorate = decorator() as (
        field: undefined,
        context: ClassFieldDecoratorContext,
      ) => (initial: number) => number;
      class Held {
        @decorate
        value = 5;
      }
      refuses(() => new Held(), 'TRACELANE_BAD_TARGET', /number/);
    });

    test('it refuses a property in the legacy dialect', () => {
      refuses(() => decorator()({}, 'value'), 'TRACELANE_BAD_TARGET', /property/);
      refuses(() => decorator()({}, 'value', undefined), 'TRACELANE_BAD_TARGET', /property/);
      const descriptor = { value: 5, writable: true };
      refuses(() => decorator()({}, 'value', descriptor), 'TRACELANE_BAD_TARGET', /property/);
    });

    test('it refuses a parameter in the legacy dialect', () => {
      refuses(() => decorator()({}, 'method', 0), 'TRACELANE_BAD_TARGET', /not a/);
    });

    test('it refuses what an array hands to a callback', () => {
      refuses(() => [() => {}].map(decorator()), 'TRACELANE_BAD_TARGET', /not/);
    });
  });
}
