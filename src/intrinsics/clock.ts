import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearImmediate, clearInterval, setImmediate, setInterval } from 'node:timers';
import { toISOString } from './language.js';

/**
 * The clocks and timers of Node, as they were when tracelane was loaded: fake timers replace them,
 * and a trace tells what really happened.
 */

/**
 * `performance.now()` as it is when tracelane is loaded. Fake timers that were there first stand
 * still, or begin at 0: then by what Node reads for `performance.nodeTiming.duration`, which is the
 * same time, and which fake timers leave alone. Other runtimes have none.
 */
function findNow(): () => number {
  const given = performance.now.bind(performance);
  const timing = performance.nodeTiming as object | undefined;
  const real = timing && Object.getOwnPropertyDescriptor(timing, 'duration')?.get;
  try {
    const [before, now, after] = [given(), real?.(), given()];
    const isFake = typeof now === 'number' && now > 0 && !(before <= now && now <= after);
    return real !== undefined && isFake ? real : given;
  } catch {
    return given;
  }
}

export const performanceClock = { now: findNow() };

/** Nanoseconds of CLOCK_MONOTONIC, or what this system has in its place. */
export const monotonicClock: { now: () => bigint } = { now: process.hrtime.bigint };

/** Milliseconds since 1970, and `performanceClock`'s time 0 in the same. */
export const wallClock: { now: () => number } = { now: Date.now };
export const { timeOrigin } = performance;

const DateClass = Date;

/** A moment of the wall clock, as ISO 8601 writes it in UTC. */
export function isoDate(milliseconds: number): string {
  return toISOString(new DateClass(milliseconds));
}

export const timers = { clearImmediate, clearInterval, setImmediate, setInterval };
