import fc from 'fast-check';

/**
 * Values that JSON has no word for, that lie, or that throw when they are looked at: made at the
 * last moment, as fast-check itself would look at them.
 */
export const hostileValue: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom<() => unknown>(
    () => {
      const cycle: Record<string, unknown> = {};
      cycle['self'] = { deeper: [cycle] };
      return cycle;
    },
    () => ({
      get thrower() {
        throw new Error('no reading');
      },
    }),
    () => ({
      get nothing() {
        // biome-ignore lint/complexity/noUselessCatch: what is thrown may be anything.
        throw undefined;
      },
    }),
    () => ({
      toJSON() {
        throw new Error('no json');
      },
    }),
    () => ({ toJSON: () => ({ toJSON: () => Symbol('twice') }) }),
    () => new Proxy({}, { ownKeys: () => Reflect.get(null as unknown as object, 'x') }),
    () => new Proxy([], { get: () => Reflect.get(null as unknown as object, 'x') }),
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    () => new Date(Number.NaN),
    () => new Map<unknown, unknown>([[{}, new Map([['deep', new Set([1n])]])]]),
    () => new Set([Symbol('in a set')]),
    () =>
      new (class Secret {
        #hidden = 1;
        shown = this.#hidden;
      })(),
    () => new Uint8Array(new SharedArrayBuffer(3)),
    () => new DataView(new ArrayBuffer(2)),
    () => new BigInt64Array(2),
    () => Object.create(null, { bare: { value: 1, enumerable: true } }),
    () => Object.create({ inherited: 1 }),
    () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
    () => Object.assign(new Error('broken', { cause: 5n }), { name: Symbol('name') }),
    () => [1, , 3],
    () => function named() {},
    () => Object(Symbol('boxed')),
    () => new Number(Number.NaN),
    () => /regular/g,
    () => new WeakMap(),
    () => Promise.resolve(),
    () => globalThis.process.env,
    () => new URL('https://user:secret@example.org/'),
  ),
  fc
    .constantFrom<unknown>(
      undefined,
      null,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      2 ** 53,
      5e-324,
      10n ** 50n,
      Symbol('s'),
      Symbol.iterator,
      '\ud83d',
      '\udc00 and \ud83d\ude00',
      '\u0000\u001f\u007f\u2028\u2029\ufeff',
      '"\\\n\t</script>',
      '',
    )
    .map((value) => () => value),
  fc.string({ unit: 'binary', maxLength: 20 }).map((value) => () => value),
  fc
    .anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    })
    .map((value) => () => value),
);

/** What may stand in the place of a name, a category or an id. */
export const hostileName: fc.Arbitrary<() => unknown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((value) => () => value),
  },
  { weight: 1, arbitrary: hostileValue },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', '__proto__', 'x'.repeat(5000), '\ud800'.repeat(50))
      .map((value) => () => value),
  },
);

/** Plain JSON: what has to come back as it was. */
export const plainArgs: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 10 }).filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 3 }).filter((value) => !holdsNegativeZero(value)),
  { maxKeys: 5 },
);

/** JSON has no -0. */
function holdsNegativeZero(value: unknown): boolean {
  if (Object.is(value, -0)) return true;
  return (
    typeof value === 'object' && value !== null && Object.values(value).some(holdsNegativeZero)
  );
}
