/**
 * A text for something that the program has given where a text is due. No function of the program's runs
 * for it.
 */
export function textOf(value: unknown): string {
  if (value instanceof URL) return value.href;
  return typeof value === 'object' || typeof value === 'function' ? typeof value : String(value);
}
