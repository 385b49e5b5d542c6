/**
 * Reads like one of the program's objects, but for some properties. Whatever else the original has, a
 * package that takes it finds here, too: what it inherits, and what its getters give, which may be of a
 * class with private fields.
 */
export function withValues<T extends object>(original: T, values: Partial<T>): T {
  return new Proxy<T>(
    { ...original, ...values },
    {
      get: (copy, name) => Reflect.get(Object.hasOwn(copy, name) ? copy : original, name),
      has: (copy, name) => Object.hasOwn(copy, name) || Reflect.has(original, name),
      getPrototypeOf: () => Reflect.getPrototypeOf(original),
    },
  );
}
