/** The finite numbers of a counter's value. */
export function finiteSeries(
  value: unknown,
): { values: Record<string, number> | undefined; refused: boolean } | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { values: { value }, refused: false } : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const entries = Object.entries(value);
    const finite = entries.filter(([, series]) => Number.isFinite(series));
    return {
      values: finite.length === 0 ? undefined : Object.fromEntries(finite),
      refused: finite.length < entries.length || entries.length === 0,
    };
  } catch {
    return undefined;
  }
}
