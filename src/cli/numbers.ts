const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
] as const;

/** A duration in nanoseconds as text: three or four digits and a unit. */
export function duration(ns: number): string {
  for (const [unit, size] of UNITS) if (Math.abs(ns) >= size) return `${digits(ns / size)} ${unit}`;
  return `${digits(ns)} ns`;
}

export function signedDuration(ns: number): string {
  return ns > 0 ? `+${duration(ns)}` : duration(ns);
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(Math.abs(part) < 0.1 ? 1 : 0)} %`;
}

/** A change, given as a part of what was before, as text: +10 %. */
export function change(part: number | undefined): string {
  if (part === undefined) return '';
  if (part === Number.POSITIVE_INFINITY) return '+∞';
  return `${part > 0 ? '+' : ''}${percent(part)}`;
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`;
}

export function digits(value: number): string {
  const size = Math.abs(value);
  // Hundreds of figures would say no more, and no terminal is so wide.
  if (size >= 1e18) return value.toExponential(3);
  if (Number.isInteger(value) || size >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

const BYTE_UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

export function bytes(value: number): string {
  for (const [unit, size] of BYTE_UNITS)
    if (value >= size) return `${digits(value / size)} ${unit}`;
  return count(value, 'byte');
}
