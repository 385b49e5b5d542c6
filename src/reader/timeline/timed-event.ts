import { ENCLOSING_SLICE } from '../../trace-event/defaults.js';
import { asyncIdentity, flowId, isId } from '../../trace-event/ids.js';
import { isMicroseconds, NS_PER_US, numberOf } from '../../trace-event/numbers.js';
import {
  isAsync,
  isFlow,
  isInstant,
  isSlice,
  isThreadState,
  renewedAsync,
  withPhase,
} from '../../trace-event/phases.js';
import type { RawEvent, TraceEntry } from '../source/entries.js';
import type { FlowPhase } from './track-phases.js';
import type { Unplaced } from './unplaced.js';

/** A pid or a tid, as the file has it: some tools write names. */
export type ProcessOrThread = number | string;

/** The process and the thread of an event. */
export interface ThreadIds {
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
}

/** What stands for a thread in maps. */
export function threadKey(pid: ProcessOrThread, tid: ProcessOrThread): string {
  return `${pid}\n${tid}`;
}

/** The async operation that an event is of. */
export interface AsyncRole {
  readonly id: string | number;
  /** Whether other processes may use the same id for operations of theirs. */
  readonly local: boolean;
  /** Whether it is of the older kind: operations of one id that have different names do not nest. */
  readonly old: boolean;
}

/** The flow that an event is a point of. */
export interface FlowRole {
  /** Undefined where the event does not say whether the flow comes or goes. */
  readonly phase: FlowPhase | undefined;
  /** Undefined where viewers cannot read it. */
  readonly id: bigint | undefined;
  /** Whether the event is itself the slice that the arrow leads to: by its `bind_id`. */
  readonly bound: boolean;
  /** Whether the arrow leads to the next slice of the thread, and not to the one around the event. */
  readonly toNext: boolean;
}

/** What has to be known of an event to give it a place in time. */
export type Placeable = Pick<TraceEntry, 'index' | 'offset' | 'event'>;

/** An event whose thread and time are known, with its fields as they are meant. */
export interface TimedEvent {
  readonly index: number;
  readonly offset: number;
  /**
   * The phase that it would have today: that of an older async event is the newer one, and that of a
   * complete event without a duration is `B`, because it was open when the trace ended.
   */
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  /** Nanoseconds, counted from about the first event of the file. */
  readonly start: number;
  /** Equal to `start`, except for complete events and states of threads. */
  readonly end: number;
  /** Whether it is a complete event without a duration. */
  readonly unfinished: boolean;
  /** Whether it stands on the track of its thread. */
  readonly onThread: boolean;
  readonly async: AsyncRole | undefined;
  readonly flow: FlowRole | undefined;
  readonly event: RawEvent;
}

/**
 * Puts events on one time scale.
 *
 * This is the one place that says which fields an event has and how they are read; Perfetto's
 * importer is the model.
 */
export class TimeScale {
  #origin: number | undefined;
  #withoutTime = 0;
  #outOfRange = 0;
  #negativeDuration = 0;

  /** What {@link place} has left out by now. */
  get unplaced(): Unplaced {
    return {
      withoutTime: this.#withoutTime,
      outOfRange: this.#outOfRange,
      negativeDuration: this.#negativeDuration,
    };
  }

  /** Whole microseconds of the first event, from which times count; 0 where there is none. */
  get origin(): number {
    return this.#origin ?? 0;
  }

  /** A time in microseconds as whole nanoseconds. The first one of a trace sets the scale. */
  nanoseconds(ts: number): number {
    this.#origin ??= Math.trunc(ts);
    return nanosecondsSince(this.#origin, ts);
  }

  /**
   * Gives an event its times in whole nanoseconds; undefined if its phase or time is missing.
   *
   * Perfetto rounds `ts` and `dur` each to nanoseconds and adds them up in 64 bits. Here the same
   * sums are counted from the first event, so that a double holds them exactly even in a trace whose
   * times count from 1970.
   */
  place({ index, offset, event: written }: Placeable): TimedEvent | undefined {
    if (written === undefined) return undefined;
    const event = withPhase(written);
    if (typeof event.ph !== 'string' || event.ph === 'M') return undefined;
    const ts = microsecondsOf(event.ts);
    if (ts === undefined) {
      if (isNumber(event.ts)) this.#outOfRange++;
      else this.#withoutTime++;
      return undefined;
    }
    const start = this.nanoseconds(ts);
    const lasts = event.ph === 'X' || isThreadState(event);
    const dur = lasts ? microsecondsOf(event.dur) : 0;
    if (dur !== undefined && dur < 0) {
      this.#negativeDuration++;
      return undefined;
    }
    const unfinished = event.ph === 'X' && dur === undefined;
    const ph = unfinished ? 'B' : (renewedAsync(event) ?? event.ph);
    const { pid, tid } = threadOf(event);
    return {
      index,
      offset,
      ph,
      name: typeof event.name === 'string' ? event.name : '',
      cat: typeof event.cat === 'string' ? event.cat : '',
      pid,
      tid,
      start,
      end: start + Math.round((dur ?? 0) * NS_PER_US),
      unfinished,
      onThread: isSlice(ph) || isFlow(ph) || isOfThread(ph, event),
      async: isAsync(ph) ? asyncRole(event, ph) : undefined,
      flow: flowRole(event, ph),
      event,
    };
  }
}

/**
 * The process and the thread of an event, as Perfetto takes them: without a tid, or with 0, the
 * thread is the one whose tid is the pid; without a pid the process is 0.
 */
export function threadOf({ pid, tid }: RawEvent): ThreadIds {
  const process = isProcessOrThread(pid) ? pid : 0;
  return { pid: process, tid: isProcessOrThread(tid) && tid !== 0 ? tid : process };
}

/**
 * Whether an event belongs to a thread, and not to its process as counters, async events and most
 * metadata do.
 */
export function needsTid(event: RawEvent): boolean {
  const { ph, name } = event;
  if (ph === 'M') return typeof name === 'string' && name.startsWith('thread_');
  if (ph === 'C' || isAsync(renewedAsync(event) ?? ph)) return false;
  return !isInstant(ph) || isOfThread(ph as string, event);
}

/** An instant or a mark whose scope is its thread. */
function isOfThread(ph: string, { s }: RawEvent): boolean {
  return (isInstant(ph) || ph === 'R') && s !== 'p' && s !== 'g';
}

function asyncRole(event: RawEvent, ph: string): AsyncRole | undefined {
  const { id, local } = asyncIdentity(event);
  return isId(id) ? { id, local, old: event.ph !== ph } : undefined;
}

/** Slices, begins and moments can be bound to a flow; an end says nothing that its begin did not. */
const BOUND = new Set(['X', 'B', 'b', 'n']);

/** The flow that an event is a point of, if it is one; `ph` is the phase that it would have today. */
export function flowRole(event: RawEvent, ph: string): FlowRole | undefined {
  if (isFlow(ph)) {
    const toNext = ph === 'f' && event.bp !== ENCLOSING_SLICE;
    return { phase: ph as FlowPhase, id: flowId(event.id), bound: false, toNext };
  }
  const { bind_id: id, flow_in: comes, flow_out: goes } = event;
  if (id === undefined || !BOUND.has(ph)) return undefined;
  const phase = comes === true ? (goes === true ? 't' : 'f') : goes === true ? 's' : undefined;
  return { phase, id: flowId(id), bound: true, toNext: false };
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

/** A time, as a number or as text. */
export function microsecondsOf(value: unknown): number | undefined {
  const time = numberOf(value);
  return isMicroseconds(time) ? time : undefined;
}

/** A number, however large, or a text that is one. */
function isNumber(value: unknown): boolean {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number);
}

/** What a counter is called: in Chrome's format, those of one name are told apart by their ids. */
export function counterTitle(name: string, { id }: RawEvent): string {
  return id === undefined ? name : `${name} [${id}]`;
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
