import { number as numbers, object } from '../../intrinsics/language.js';
import { setOwn } from '../record/safe-json.js';

/** The finite numbers of a counter's value. */
export function finiteSeries(
  value: unknown,
): { values: Record<string, number> | undefined; refused: boolean } | undefined {
  if (typeof value === 'number') {
    return numbers.isFinite(value) ? { values: { value }, refused: false } : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const values: Record<string, number> = {};
  let count = 0;
  let refused = false;
  const keys = keysOf(value);
  for (let i = 0; i < keys.length; i++) {
    const series = keys[i];
    const number = readNumber(value, series);
    if (number === undefined) refused = true;
    else {
      // By assignment, a member called `__proto__` would become the prototype.
      setOwn(values, series, number);
      count++;
    }
  }
  return { values: count === 0 ? undefined : values, refused: refused || count === 0 };
}

function keysOf(value: object): string[] {
  try {
    return object.keys(value);
  } catch {
    return [];
  }
}

function readNumber(value: object, series: string): number | undefined {
  try {
    const number = (value as Record<string, unknown>)[series];
    return typeof number === 'number' && numbers.isFinite(number) ? number : undefined;
  } catch {
    return undefined;
  }
}
