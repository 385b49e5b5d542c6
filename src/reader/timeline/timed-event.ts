import { isMicroseconds, NS_PER_US } from '../../trace-event/numbers.js';
import type { RawEvent, TraceEntry } from '../source/entries.js';

/** A pid or a tid, as the file has it: some tools write names. */
export type ProcessOrThread = number | string;

/** What stands for a thread in maps. */
export function threadKey(pid: ProcessOrThread, tid: ProcessOrThread): string {
  return `${pid}\n${tid}`;
}

/** An event whose thread and time are known. */
export interface TimedEvent {
  readonly index: number;
  readonly offset: number;
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  /** Nanoseconds, counted from about the first event of the file. */
  readonly start: number;
  /** Equal to `start`, except for complete events. */
  readonly end: number;
  readonly event: RawEvent;
}

/** Puts events on one time scale. */
export class TimeScale {
  /** Whole microseconds of the first event. */
  #origin: number | undefined;

  /**
   * Gives an event its times in whole nanoseconds; undefined if its phase, thread or time is missing.
   *
   * Perfetto rounds `ts` and `dur` each to nanoseconds and adds them up in 64 bits. Here the same
   * sums are counted from the first event, so that a double holds them exactly even in a trace whose
   * times count from 1970.
   */
  place({ index, offset, event }: TraceEntry): TimedEvent | undefined {
    if (event === undefined) return undefined;
    const { ph, pid, tid } = event;
    const ts = microsecondsOf(event.ts);
    if (typeof ph !== 'string' || ph === 'M' || ts === undefined) return undefined;
    if (!isProcessOrThread(pid) || !isProcessOrThread(tid)) return undefined;
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
 * Nanoseconds from a whole microsecond to a time, as Perfetto gets them. Whole microseconds are exact.
 * Others it multiplies as doubles, which for times since 1970 is exact to 256 ns only.
 */
function nanosecondsSince(origin: number, ts: number): number {
  if (Number.isInteger(ts)) return (ts - origin) * NS_PER_US;
  const ns = Math.round(ts * NS_PER_US);
  if (Number.isSafeInteger(ns)) return ns - origin * NS_PER_US;
  return Number(BigInt(ns) - BigInt(origin) * BigInt(NS_PER_US));
}

/**
 * A time in microseconds, moved by nanoseconds: as exact as a double can be, even for times since
 * 1970.
 */
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

function isProcessOrThread(value: unknown): value is ProcessOrThread {
  return typeof value === 'string' || typeof value === 'number';
}

/**
 * A hash of 64 bits that stands for a text in tables of numbers. If two texts of a trace had the same
 * hash, their tracks would be taken for one: that is so unlikely that nothing is done about it.
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
