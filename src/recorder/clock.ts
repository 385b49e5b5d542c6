import { performanceClock, timeOrigin } from '../intrinsics/clock.js';
import { IS_NODE } from './host.js';

/** Where the threads of a process have no common origin, times count from here: 2026. */
const COMMON_ORIGIN_MS = Date.UTC(2026, 0);

/**
 * Milliseconds to add to a thread's `performance.now()` for a time that all threads agree on. Elsewhere
 * than in Node each thread counts from its own start; the wall clock at that moment is the only thing
 * that they have in common. Counted from a year that is near, such a time keeps 15 ns; counted from
 * 1970, no more than 250.
 */
export const CLOCK_SHIFT = IS_NODE ? 0 : timeOrigin - COMMON_ORIGIN_MS;

/**
 * The clock of every record: one base for all threads of a process, nanoseconds where the system
 * has them, and never set back.
 */
export const clock: { now(): number } = IS_NODE
  ? performanceClock
  : { now: () => performanceClock.now() + CLOCK_SHIFT };
