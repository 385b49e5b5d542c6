import { isObject } from '../reader/source/entries.js';

/** What lies deeper in arguments is not shown. */
const MAX_DEPTH = 4;

/**
 * Arguments in a few words: `url: /users, status: 200`. Where all of them stand in one object, as
 * Chrome has them in `data`, those in it.
 */
export function argumentsOf(args: unknown): string {
  if (!isObject(args)) return '';
  const [only, ...others] = Object.values(args);
  return membersOf(others.length === 0 && isObject(only) ? only : args, 1);
}

function membersOf(object: Readonly<Record<string, unknown>>, depth: number): string {
  return Object.entries(object)
    .map(([name, value]) => `${name}: ${textOf(value, depth)}`)
    .join(', ');
}

function textOf(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth === MAX_DEPTH) return '…';
  if (isObject(value)) return `{${membersOf(value, depth + 1)}}`;
  return `[${(value as unknown[]).map((one) => textOf(one, depth + 1)).join(', ')}]`;
}
