import { argumentAfter, asObject, nameAt, visitArguments } from '../format/argument-values.js';
import { type ArgumentList, type Arguments, isArgumentList } from '../format/format.js';
import { ArgumentCopies } from './argument-list.js';

/** Longer lists are merged as objects: here each key is compared with each. In words. */
const MAX_COMPARED = 64;

const copies = new ArgumentCopies();

/** Arguments that stand in the arena no more, for what outlives the chunk in which they were recorded. */
export function ownArguments(args: Arguments | undefined): Arguments | undefined {
  return args === undefined || !isArgumentList(args) ? args : ownList(args);
}

function ownList(args: ArgumentList): ArgumentList {
  const more = args.more && ownList(args.more);
  if (isShared(args)) return copies.copy(args, more);
  return more === args.more ? args : { ...args, more };
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
  if (canFollow(earlier, later, max)) return { ...earlier, more: later };
  const merged = { ...asObject(earlier), ...asObject(later) };
  const entries = max === Number.POSITIVE_INFINITY ? [] : Object.entries(merged);
  return entries.length <= max ? merged : Object.fromEntries(entries.slice(0, max));
}

/**
 * Whether arguments can be written behind others as they stand: both are short lists without a common
 * key.
 */
function canFollow(earlier: Arguments, later: Arguments, max: number): earlier is ArgumentList {
  if (!isArgumentList(earlier) || !isArgumentList(later)) return false;
  const words = earlier.end - earlier.at + later.end - later.at;
  if (words > Math.min(max, MAX_COMPARED)) return false;
  if (earlier.more !== undefined || later.more !== undefined) return false;
  for (let at = later.at; at < later.end; at = argumentAfter(later, at)) {
    const name = nameAt(later, at);
    if (name === undefined || mayHave(earlier, name)) return false;
  }
  return true;
}

/** Whether one of the arguments has that name, or one whose name has to be parsed. */
function mayHave(args: ArgumentList, name: string): boolean {
  for (let at = args.at; at < args.end; at = argumentAfter(args, at)) {
    const own = nameAt(args, at);
    if (own === undefined || own === name) return true;
  }
  return false;
}

/** The arguments that are numbers, by name. */
export function readNumbers(args: ArgumentList | undefined): Map<string, number> {
  const numbers = new Map<string, number>();
  if (args === undefined) return numbers;
  visitArguments(args, (name, value) => {
    if (typeof value === 'number') numbers.set(name, value);
  });
  return numbers;
}
