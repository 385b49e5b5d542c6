import { isMicroseconds } from '../../trace-event/numbers.js';
import type { RawEvent, TraceEntry } from '../source/entries.js';

export const NS_PER_US = 1000;

/** An event whose place in the trace is known. */
export interface TimedEvent {
  readonly index: number;
  readonly offset: number;
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly pid: number | string;
  readonly tid: number | string;
  /** Nanoseconds since the first timed event of the file. */
  readonly start: number;
  /** Equal to `start` but for complete events. */
  readonly end: number;
  readonly event: RawEvent;
}

/** Puts events on one time scale. */
export class TimeScale {
  /** Whole microseconds of the first event. */
  #origin: number | undefined;

  /**
   * The event with its times in whole nanoseconds. Perfetto rounds `ts` and `dur` apart and adds
   * them up. Counted from the first event, the same sums are exact in a double, even those of
   * times since 1970. Undefined where the event has no place: no phase, thread or time.
   */
  place({ index, offset, event }: TraceEntry): TimedEvent | undefined {
    if (event === undefined) return undefined;
    const { ph, pid, tid } = event;
    const ts = microsecondsOf(event.ts);
    if (typeof ph !== 'string' || ph === 'M' || ts === undefined) return undefined;
    if (!isThread(pid) || !isThread(tid)) return undefined;
    this.#origin ??= Math.trunc(ts);
    const start = nanosecondsSince(this.#origin, ts);
    let end = start;
    if (ph === 'X') {
      const dur = microsecondsOf(event.dur);
      if (dur === undefined || dur < 0) return undefined;
      end += Math.round(dur * NS_PER_US);
    }
    const name = typeof event.name === 'string' ? event.name : '';
    const cat = typeof event.cat === 'string' ? event.cat : '';
    return { index, offset, ph, name, cat, pid, tid, start, end, event };
  }
}

/**
 * Nanoseconds from a whole microsecond to a time, as Perfetto counts them: whole microseconds are
 * exact, others as near as a double comes to their nanoseconds; since 1970 that is 256 of them.
 */
function nanosecondsSince(origin: number, ts: number): number {
  if (Number.isInteger(ts)) return (ts - origin) * NS_PER_US;
  const ns = Math.round(ts * NS_PER_US);
  if (Number.isSafeInteger(ns)) return ns - origin * NS_PER_US;
  return Number(BigInt(ns) - BigInt(origin) * BigInt(NS_PER_US));
}

/** Microseconds, so many nanoseconds later: as exact as a double can be, even since 1970. */
export function later(ts: number, nanoseconds: number): number {
  const whole = Math.floor(ts);
  const rest = Math.round((ts - whole) * NS_PER_US) + nanoseconds;
  const more = Math.floor(rest / NS_PER_US);
  return whole + more + (rest - more * NS_PER_US) / NS_PER_US;
}

/** A time, as a number or as text: Perfetto reads both. */
export function microsecondsOf(value: unknown): number | undefined {
  const time = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return isMicroseconds(time) ? time : undefined;
}

function isThread(value: unknown): value is number | string {
  return typeof value === 'string' || typeof value === 'number';
}

/**
 * Two numbers that stand for a text: 64 bits. That two texts of a trace have the same is so unlikely
 * that it is left out of account: their tracks would be taken for one.
 */
export function hash(text: string): readonly [high: number, low: number] {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x5bd1e995) + (high >>> 15);
  }
  high = Math.imul(high ^ (low >>> 16), 0x2c1b3c6d);
  low = Math.imul(low ^ (high >>> 13), 0x297a2d39);
  return [high >>> 0, low >>> 0];
}
