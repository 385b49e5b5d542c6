/** The finite numbers of a counter's value. */
export function finiteSeries(
  value: unknown,
): { values: Record<string, number> | undefined; refused: boolean } | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { values: { value }, refused: false } : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const values: Record<string, number> = {};
  let count = 0;
  let refused = false;
  for (const series of keysOf(value)) {
    const number = readNumber(value, series);
    if (number === undefined) refused = true;
    else {
      // By assignment, a member called `__proto__` would become the prototype.
      Object.defineProperty(values, series, { value: number, enumerable: true });
      count++;
    }
  }
  return { values: count === 0 ? undefined : values, refused: refused || count === 0 };
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function readNumber(value: object, series: string): number | undefined {
  try {
    const number = (value as Record<string, unknown>)[series];
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  } catch {
    return undefined;
  }
}
