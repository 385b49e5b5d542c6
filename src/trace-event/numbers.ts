import { math, number } from '../intrinsics/language.js';

/** pids, tids and sort indices of processes and threads are no larger. */
export const UINT32_MAX = 0xffff_ffff;

/**
 * Microseconds up to which viewers count: they keep nanoseconds in 64 bits. Half of that, so that
 * a start and a duration add up.
 */
const MAX_MICROSECONDS = 2 ** 62 / 1000;

/** A pid or a tid. */
export function isUint32(value: unknown): value is number {
  return number.isInteger(value) && (value as number) >= 0 && (value as number) <= UINT32_MAX;
}

/** A time, or a duration, that viewers can count with; a negative one they drop. */
export function isMicroseconds(value: unknown): value is number {
  return typeof value === 'number' && math.abs(value) <= MAX_MICROSECONDS;
}

/** Perfetto drops slices that lie deeper in others. */
export const MAX_DEPTH = 512;

/** Times in a trace are microseconds; viewers count in nanoseconds. */
export const NS_PER_US = 1000;

/**
 * How deep JSON may be, in brackets. JSON.stringify() calls itself for each level on some lines of
 * Node, until the stack is used up. This is far below what any of them can write.
 */
export const MAX_JSON_DEPTH = 1000;

/** A number, or a text that is one: Perfetto reads both. Undefined for all else, and for infinity. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
