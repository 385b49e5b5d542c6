import { Buffer } from 'node:buffer';
import { asObject, visitArguments } from '../format/argument-values.js';
import { type ArgumentList, type Arguments, isArgumentList } from '../format/format.js';

/** Arguments in memory of their own, for what outlives the chunk in which they were recorded. */
export function ownArguments(args: Arguments | undefined): Arguments | undefined {
  if (args === undefined || !isArgumentList(args) || !isShared(args)) return args;
  const int32 = args.int32.slice(args.at << 1, args.end << 1);
  return {
    int32,
    float64: new Float64Array(int32.buffer),
    bytes: Buffer.from(int32.buffer),
    at: 0,
    end: args.end - args.at,
    keys: args.keys,
    long: args.long,
  };
}

/** Whether arguments stand in the arena, the only memory here that is shared. */
function isShared({ int32 }: ArgumentList): boolean {
  return int32.buffer instanceof SharedArrayBuffer;
}

/**
 * Arguments of two calls for one event: where both have a key, the later value stands. Beyond `max`
 * keys, new ones are left out.
 */
export function mergeArguments(
  earlier: Arguments | undefined,
  later: Arguments | undefined,
  max = Number.POSITIVE_INFINITY,
): Arguments | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later;
  const merged = { ...asObject(earlier), ...asObject(later) };
  const entries = max === Number.POSITIVE_INFINITY ? [] : Object.entries(merged);
  return entries.length <= max ? merged : Object.fromEntries(entries.slice(0, max));
}

/** The arguments that are numbers, by name. */
export function readNumbers(args: ArgumentList): Map<string, number> {
  const numbers = new Map<string, number>();
  visitArguments(args, (name, value) => {
    if (typeof value === 'number') numbers.set(name, value);
  });
  return numbers;
}
