import { monotonicClock, timeOrigin, wallClock } from '../../intrinsics/clock.js';
import { CLOCK_SHIFT, clock } from '../clock.js';
import { IS_NODE } from '../host.js';

const SAMPLES = 5;
/** performance.timeOrigin is taken for the wall clock's if it is off by no more than so much. */
const MAX_WALL_DRIFT_MS = 2;
const US_PER_MS = 1000;

/** Time 0 of a trace on the clocks that others have. */
export interface TimeZero {
  /** On the clock of the records. */
  readonly base: number;
  /** Microseconds since 1970. */
  readonly wallMicroseconds: number;
  /**
   * Nanoseconds of CLOCK_MONOTONIC, or what this system has in its place. Undefined where it cannot be
   * read: Bun's and Deno's `hrtime()` counts from the start of the thread.
   */
  readonly monotonicNanoseconds: bigint | undefined;
}

/** Takes this moment for time 0. */
export function readTimeZero(): TimeZero {
  let base = 0;
  let monotonic = 0n;
  let smallest = Number.POSITIVE_INFINITY;
  // The two clocks cannot be read at once: of a few tries, the one that took the least time.
  for (let i = 0; i < SAMPLES; i++) {
    const before = monotonicClock.now();
    const now = clock.now();
    const after = monotonicClock.now();
    const gap = Number(after - before);
    if (gap >= smallest) continue;
    smallest = gap;
    base = now;
    monotonic = before + (after - before) / 2n;
  }
  return {
    base,
    wallMicroseconds: Math.round(wallTime(base - CLOCK_SHIFT) * US_PER_MS),
    monotonicNanoseconds: IS_NODE ? monotonic : undefined,
  };
}

/**
 * Date.now() has milliseconds only; performance.timeOrigin has microseconds, but of the time when
 * the process started: it is used unless the wall clock was set since then.
 */
function wallTime(now: number): number {
  const precise = timeOrigin + now;
  const coarse = wallClock.now();
  return Math.abs(precise - coarse) <= MAX_WALL_DRIFT_MS ? precise : coarse;
}
