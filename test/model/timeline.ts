import type { RecordedEvent } from '../record-trace.js';
import { FileEvents, nanoseconds } from './file-events.js';
import type { Begin, Complete, End, Entry, Result, ThreadLedger } from './ledger.js';
import { ZeroTime } from './zero.js';

/** A flow point keeps the nanosecond before it free for a slice that it may need. */
const FLOW_ROOM_NS = 1;
/** What `complete()` reports is moved by so much at most where it touches others. */
const MOVED_NS = 3;

/** An entry of a ledger, with the events in the file that it explains. */
export interface Moment<E extends Entry = Entry> {
  readonly entry: E;
  readonly thread: ThreadLedger;
  /** Nanoseconds on the clock of the file. */
  readonly time: number;
  readonly event: RecordedEvent | undefined;
}

/** What has a begin and an end. */
export interface Period {
  readonly begin: Moment<Begin | Complete>;
  /** `X`, `b` or `B`. */
  readonly event: RecordedEvent;
  readonly start: number;
  /** The `e` of a `b`. */
  endEvent: RecordedEvent | undefined;
  endTime: number | undefined;
  end: Moment<End> | undefined;
}

/**
 * The ledgers of a program, laid side by side with the file: each entry finds its events, and
 * their times must lie between the bounds that the program took.
 */
export class Timeline {
  readonly problems: string[] = [];
  /** Those of each thread in its order. */
  readonly moments: Moment[] = [];
  readonly periods = new Map<string, Period>();
  readonly file: FileEvents;
  readonly #timeless: { time: number; entry: Entry; thread: ThreadLedger }[] = [];
  readonly #zero = new Map<number, ZeroTime>();

  readonly #hasFlowEvents: boolean;

  constructor({ threads, origin, format }: Result, events: readonly RecordedEvent[]) {
    this.file = new FileEvents(events);
    this.#hasFlowEvents = format === 'json';
    for (const thread of threads) {
      for (const entry of thread.entries) {
        if (entry.what === 'begin') this.#findBegin(entry, thread);
        else if (entry.what === 'complete') this.#findComplete(entry, thread);
      }
    }
    for (const thread of threads) this.#follow(thread);
    this.#place();
    this.#checkZero(threads, origin);
  }

  #findBegin(entry: Begin, thread: ThreadLedger): void {
    const event = this.#takeOne(thread, ['X', 'b', 'B'], entry.name);
    if (event === undefined) return;
    const start = nanoseconds(event.ts);
    const begin: Moment<Begin> = { entry, thread, time: start, event };
    this.periods.set(entry.name, this.#period(begin, event));
  }

  #findComplete(entry: Complete, thread: ThreadLedger): void {
    const event = this.#takeOne(thread, ['X', 'b'], entry.name);
    if (event === undefined) return;
    const begin: Moment<Complete> = { entry, thread, time: nanoseconds(event.ts), event };
    const period = this.#period(begin, event);
    if (event.ph === 'b') this.#findEnd(period, thread);
    this.periods.set(entry.name, period);
    if (period.endTime === undefined) return;
    const { startMs, durationMs, name } = entry;
    const zero = this.zeroOf(thread);
    zero.reading(startMs, period.start, `the start of ${name}`, MOVED_NS);
    zero.reading(startMs + durationMs, period.endTime, `the end of ${name}`, MOVED_NS);
  }

  #period(begin: Moment<Begin | Complete>, event: RecordedEvent): Period {
    const start = nanoseconds(event.ts);
    const endTime = event.dur === undefined ? undefined : start + nanoseconds(event.dur);
    return { begin, event, start, endEvent: undefined, endTime, end: undefined };
  }

  #findEnd(period: Period, thread: ThreadLedger): void {
    const { name } = period.begin.entry;
    const event = this.file.take(thread, 'e', name);
    if (event === undefined) this.problems.push(`${name} has no end in the file`);
    else period.endTime = nanoseconds(event.ts);
    period.endEvent = event;
  }

  /** Gives each entry of a thread its time. */
  #follow(thread: ThreadLedger): void {
    let last = -1;
    for (const entry of thread.entries) {
      const found = this.#find(entry, thread);
      if (found === 'missing') continue;
      const event = found === 'none' ? undefined : found.event;
      const time = found === 'none' ? last : found.time;
      const moment = { entry, thread, time, event };
      this.moments.push(moment);
      if (found === 'none') this.#timeless.push(moment);
      if (entry.what === 'end') {
        const period = this.periods.get(entry.name);
        if (period !== undefined) period.end = moment as Moment<End>;
      }
      if (found === 'none' || entry.what === 'metadata' || entry.what === 'emitted') continue;
      const room = entry.what === 'flow' ? FLOW_ROOM_NS : 0;
      const what = `the ${entry.what} of ${nameOf(entry)}`;
      this.zeroOf(thread).call(entry.at, time - room, what, last);
      if (entry.what === 'end' && entry.settled) continue;
      if (time <= last) {
        this.problems.push(`${what} is not after what came before`);
      }
      last = Math.max(last, time);
    }
  }

  /** The file has no time of these: as early as they can be, but behind what came before them. */
  #place(): void {
    for (const moment of this.#timeless) {
      const { entry, thread, time } = moment;
      moment.time = Math.max(time + 0.5, this.zeroOf(thread).earliest(entry.at));
    }
  }

  /** `none`: the file has no event, or no time, of it. */
  #find(
    entry: Entry,
    thread: ThreadLedger,
  ): { time: number; event: RecordedEvent | undefined } | 'none' | 'missing' {
    switch (entry.what) {
      case 'begin': {
        const period = this.periods.get(entry.name);
        return period === undefined ? 'missing' : { time: period.start, event: period.event };
      }
      case 'end': {
        const period = this.periods.get(entry.name);
        if (period === undefined) return 'missing';
        if (period.event.ph !== 'X') this.#findEnd(period, thread);
        const { endTime: time } = period;
        return time === undefined ? 'missing' : { time, event: period.endEvent };
      }
      case 'detach':
      case 'unmatched':
      case 'complete':
        return 'none';
      case 'mark':
        return this.#findOne(thread, 'n', entry.name);
      case 'flow':
        return this.#hasFlowEvents ? this.#findOne(thread, entry.point, entry.name) : 'none';
      case 'instant':
        return this.#findOne(thread, 'i', entry.name);
      case 'emitted':
        return this.#findOne({ ...thread, tid: entry.tid }, 'X', entry.name);
      case 'metadata':
        // The library's own comes first.
        if (entry.name === 'thread_name') this.file.take(thread, 'M', 'thread_name');
        return this.#findOne(thread, 'M', entry.name);
      case 'counter':
        return this.#findCounter(thread, entry.name);
    }
  }

  #findOne(thread: ThreadLedger, phase: string, name: string) {
    const event = this.#takeOne(thread, [phase], name);
    return event === undefined ? 'missing' : { time: nanoseconds(event.ts), event };
  }

  /** The values of one call may be of more than one event: those of one time. */
  #findCounter(thread: ThreadLedger, name: string) {
    const { pid, tid } = thread;
    const later = this.counterEvents.filter(
      (event) => event.pid === pid && event.tid === tid && counterOf(event) === name,
    );
    const [first] = later;
    if (first === undefined) {
      this.problems.push(`${name} has too few values in the file`);
      return 'missing';
    }
    this.#counterEvents = this.counterEvents.filter(
      (event) => !later.includes(event) || event.ts !== first.ts,
    );
    return { time: nanoseconds(first.ts), event: first };
  }

  #counterEvents: RecordedEvent[] | undefined;

  /** Counter events that no call explains so far, by time. */
  get counterEvents(): readonly RecordedEvent[] {
    this.#counterEvents ??= this.file.takeAll('C').sort((a, b) => a.ts - b.ts);
    return this.#counterEvents;
  }

  #takeOne(thread: ThreadLedger, phases: readonly string[], name: string) {
    for (const phase of phases) {
      const event = this.file.take(thread, phase, name);
      if (event !== undefined) return event;
    }
    this.problems.push(`${name} is not in the file as ${phases.join(', ')} of its thread`);
    return undefined;
  }

  zeroOf({ pid }: ThreadLedger): ZeroTime {
    let zero = this.#zero.get(pid);
    if (zero === undefined) {
      zero = new ZeroTime(pid);
      this.#zero.set(pid, zero);
    }
    return zero;
  }

  #checkZero(threads: readonly ThreadLedger[], origin: bigint): void {
    const main = threads[0] as ThreadLedger;
    const start = this.file.take({ pid: main.pid, tid: main.pid }, 'M', 'trace_start');
    const said = Number(BigInt(String(start?.args['monotonicNanoseconds'] ?? 0)) - origin);
    for (const zero of this.#zero.values()) this.problems.push(...zero.check(said));
  }
}

/** Series that come later stand in counters of names with numbers. */
export function counterOf({ name }: RecordedEvent): string {
  return name.replace(/ \(\d+\)$/, '');
}

function nameOf(entry: Entry): string {
  return 'name' in entry ? entry.name : '';
}
