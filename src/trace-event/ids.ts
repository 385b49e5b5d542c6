import { execRegExp, isArray, number, toBigInt } from '../intrinsics/language.js';

/** What stands for an async operation: its id, and whether it is the process's own. */
export interface AsyncIdentity {
  readonly id: unknown;
  /** Other processes may use the same id for operations of theirs. */
  readonly local: boolean;
}

/** The identity of an async event, as Perfetto has it: by its `id` if that can be read, else by its `id2`. */
export function asyncIdentity({ id, id2 }: { id?: unknown; id2?: unknown }): AsyncIdentity {
  if (isId(id) || typeof id2 !== 'object' || id2 === null || isArray(id2))
    return { id, local: false };
  const { global, local } = id2 as { global?: unknown; local?: unknown };
  // What is no id, like null, is none.
  const isLocal = !isId(global) && local !== undefined;
  return isLocal ? { id: local, local: true } : { id: global, local: false };
}

/** An id that viewers read: a string or an integer. */
export function isId(id: unknown): id is string | number {
  return typeof id === 'string' || number.isSafeInteger(id);
}

/** To DevTools an id that is empty or 0 is none. */
export function isFalsyId(id: unknown): boolean {
  return id === '' || id === 0;
}

const HEX = /^\s*([+-]?)(?:0x)?0*([0-9a-f]{1,16})$/i;
const BEYOND_64_BITS = 2n ** 64n;

/**
 * The id of a flow as Perfetto reads it: strings are hexadecimal, so that "10" and 16 are one, and -1 is
 * the last number of 64 bits. Undefined for what it does not tell apart: 64 bits are all that it keeps.
 */
export function flowId(id: unknown): bigint | undefined {
  if (typeof id === 'number') return number.isSafeInteger(id) ? unsigned(toBigInt(id)) : undefined;
  const match = typeof id === 'string' ? execRegExp(HEX, id) : null;
  if (match === null) return undefined;
  const value = toBigInt(`0x${match[2]}`);
  return unsigned(match[1] === '-' ? -value : value);
}

function unsigned(value: bigint): bigint {
  return value < 0n ? value + BEYOND_64_BITS : value;
}

const LOW_BITS = 32n;
const LOW_MASK = 0xffff_ffffn;

/** A flow's id as two numbers of 32 bits, for tables of numbers. */
export function splitFlowId(id: bigint): [high: number, low: number] {
  return [Number(id >> LOW_BITS), Number(id & LOW_MASK)];
}

/** The way back. */
export function joinFlowId(high: number, low: number): bigint {
  return (BigInt(high) << LOW_BITS) | BigInt(low);
}
