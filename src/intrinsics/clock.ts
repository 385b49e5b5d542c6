import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearImmediate, clearInterval, setImmediate, setInterval } from 'node:timers';
import { toISOString } from './language.js';

/**
 * The clocks and timers of Node, as they were when tracelane was loaded. Fake timers replace them
 * later, but a trace shows real times.
 */

/**
 * `performance.now()`, or where a fake has its place already, what reads
 * `performance.nodeTiming.duration`: the same time, which fake timers leave alone. A fake stands still
 * or begins at 0, so it is known by not being the same time. Runtimes other than Node have only
 * `performance.now()`.
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

/** Nanoseconds of CLOCK_MONOTONIC, or of what the system has instead. */
export const monotonicClock: { now: () => bigint } = { now: process.hrtime.bigint };

/** Milliseconds since 1970. `timeOrigin` is when `performanceClock` was at 0. */
export const wallClock: { now: () => number } = { now: Date.now };
export const { timeOrigin } = performance;

const DateClass = Date;

/** A time of the wall clock in ISO 8601, in UTC. */
export function isoDate(milliseconds: number): string {
  return toISOString(new DateClass(milliseconds));
}

export const timers = { clearImmediate, clearInterval, setImmediate, setInterval };
