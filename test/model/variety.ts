/**
 * What a number `is` stands for: categories, names and arguments of all sorts. Everything here
 * comes back from JSON as it was, so that it can be compared with what the file has.
 */

export type Values = Record<string, unknown>;

const CATEGORIES = [undefined, 'db', 'io', 'net ü', undefined, 'verbose', 'db'] as const;
const ENDINGS = ['', '', ' é', ' "quoted"', ' \\ and /', ' 😀', ' {}', '\n\t\u0001', ' 日本', ' #'];
export const SCOPES = ['thread', 'process', 'global'] as const;

const ARGUMENTS: readonly (Values | undefined)[] = [
  undefined,
  undefined,
  { n: 1 },
  { rows: 12, ok: true, by: null },
  { text: 'short', ratio: 0.1, big: 2 ** 40, negative: -7 },
  { text: 'é "quoted" \n 😀 日本', empty: '' },
  { nested: { deep: [1, 'two', { three: [null, false] }] }, list: [] },
  { 'odd key "\n': 1, ключ: 'ü', '1': 2 },
  { tiny: 5e-324, huge: 1.7976931348623157e308, third: 1 / 3, e21: 1e21 },
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key ${i}`, i * 1.5])),
  { long: 'x'.repeat(300), more: 'ü'.repeat(70) },
  { huge: 'y\n'.repeat(3000), after: [1] },
  { fragments: 'z"'.repeat(20_000) },
];
/** The long ones are rare. */
const COMMON = ARGUMENTS.length - 2;

export const categoryOf = (is: number): string | undefined => CATEGORIES[is % CATEGORIES.length];

export const endingOf = (is: number): string => ENDINGS[(is >> 3) % ENDINGS.length] ?? '';

export function argumentsOf(is: number): Values | undefined {
  const rare = is % 97 === 0;
  return ARGUMENTS[(is >> 6) % (rare ? ARGUMENTS.length : COMMON)];
}

/** Some of them have keys that the arguments of the begin have, too. */
export const endArgumentsOf = (is: number): Values | undefined =>
  is % 5 < 3 ? undefined : argumentsOf((is >> 4) + 128);

export const scopeOf = (is: number) => SCOPES[is % SCOPES.length] ?? 'thread';
