import { readFileSync } from 'node:fs';
import process from 'node:process';
import { monotonicClock, timeOrigin, wallClock } from '../../intrinsics/clock.js';
import type { TraceStart } from '../../trace-event/trace-start.js';
import { CLOCK_SHIFT, clock } from '../clock.js';
import { IS_NODE } from '../host.js';
import type { ResolvedOptions } from '../options.js';

const SAMPLES = 5;
/** Beyond this difference, the wall clock was set since the process started. */
const MAX_WALL_DRIFT_MS = 2;
const US_PER_MS = 1000;
const NS_PER_S = 1e9;
/** /proc/uptime tells hundredths of a second. */
const MAX_UPTIME_ERROR_S = 0.1;

/** The moment that is 0 in a trace, on several clocks. */
export interface TimeZero {
  /** Milliseconds on the clock of the records, `clock.now()`. */
  readonly base: number;
  /** Microseconds since 1970. */
  readonly wallMicroseconds: number;
  /**
   * Nanoseconds of CLOCK_MONOTONIC, or of its like on this system. Undefined where it cannot be read:
   * Bun's and Deno's `hrtime()` counts from the start of the thread.
   */
  readonly monotonicNanoseconds: bigint | undefined;
}

/** Takes this moment for time 0. */
export function readTimeZero(): TimeZero {
  let base = 0;
  let monotonic = 0n;
  let smallest = Number.POSITIVE_INFINITY;
  // Two clocks cannot be read at the same moment: of a few tries, the fastest one is the most exact.
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

/** What a trace tells of its time 0. */
export function traceStart({ clock: counted }: ResolvedOptions, zero: TimeZero): TraceStart {
  const { wallMicroseconds, monotonicNanoseconds: monotonic } = zero;
  return {
    recorder: 'tracelane',
    clock: counted,
    wallMicroseconds,
    ...(monotonic !== undefined && {
      monotonicNanoseconds: String(monotonic),
      ...(hasNeverSlept() && { bootNanoseconds: String(monotonic) }),
    }),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/**
 * Whether CLOCK_BOOTTIME shows what CLOCK_MONOTONIC does: the machine was never suspended. Where Linux is not
 * the system there is no such clock, and Perfetto takes the other one for it. Perfetto reports an error for
 * a trace which says nothing of that clock, so it is told wherever it is known to the nanosecond.
 */
function hasNeverSlept(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
    return Math.abs(uptime - Number(monotonicClock.now()) / NS_PER_S) < MAX_UPTIME_ERROR_S;
  } catch {
    return false;
  }
}

/**
 * Milliseconds since 1970. performance.timeOrigin is exact to the microsecond, but is wrong once the wall
 * clock was set after the process started: then Date.now(), which has whole milliseconds, is used.
 */
function wallTime(now: number): number {
  const precise = timeOrigin + now;
  const coarse = wallClock.now();
  return Math.abs(precise - coarse) <= MAX_WALL_DRIFT_MS ? precise : coarse;
}
