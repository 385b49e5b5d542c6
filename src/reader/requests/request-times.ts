import { Durations } from '../summary/durations.js';
import { entryOf } from './entry-of.js';
import { type Interval, Intervals, takeOut } from './intervals.js';
import type { CallEvent } from './read-calls.js';

/** Beyond so many requests, where their time went is not looked at: it would take too much memory. */
const MAX_REQUESTS = 100_000;
/** So many times are kept of what threads and requests did, of 16 bytes each; and of later ones nothing. */
const MAX_TIMES = 4_000_000;

/**
 * What a request did or waited for, in the order in which a moment is counted: a collection of garbage on
 * its thread, its own slices, slices of others on its thread, a database, an answer over HTTP.
 */
export const SPENT = ['gc', 'own', 'loop', 'db', 'http'] as const;
export type Spent = (typeof SPENT)[number] | 'other';

/**
 * What is begun for a whole program, or on its way to something else: where it lies in no request, it is
 * none. Requests and messages that a program sends are, as jobs that nobody traces begin with them.
 */
const NO_REQUESTS = new Set(['db', 'dns', 'fs', 'graphql', 'modules', 'net', 'process', 'worker']);

/** All requests of a name. Times are in nanoseconds. */
export interface RouteSummary {
  readonly name: string;
  readonly count: number;
  readonly total: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** The id of the slowest one. */
  readonly slowest: string;
  /** Where the time of all of them went: the sum is `total`, but for what was not looked at. */
  readonly time: Readonly<Record<Spent, number>>;
}

/** Requests of a name that were never ended. */
export interface UnfinishedRequests {
  readonly name: string;
  readonly count: number;
  /** The id of the one that began first, and for how long it was open: nanoseconds up to the end of the trace. */
  readonly oldest: string;
  readonly open: number;
}

export interface RequestTimesSummary {
  /** Those that have ended. */
  readonly requests: number;
  readonly unfinished: readonly UnfinishedRequests[];
  /** How many of them were not looked at more closely. */
  readonly beyondLimit: number;
  readonly routes: readonly RouteSummary[];
}

/** What is kept of a request. */
interface Request {
  /** Undefined until it has ended. */
  call: CallEvent | undefined;
  readonly own: Intervals;
  readonly waits: Map<string, Intervals>;
  /** Whether not all is known of what it did. */
  isPartial: boolean;
}

interface ThreadTime {
  readonly busy: Intervals;
  readonly gc: Intervals;
  /** From then on, not all is known of what it did. */
  knownUntil: number;
}

/** Whether a call that lies in no other is a request. */
export function isRequest(category: string): boolean {
  return !NO_REQUESTS.has(category);
}

/**
 * Sums up where the time of requests went. Takes slices and operations in the order in which they end.
 * It knows of no files: the viewer's page runs it, too.
 */
export class RequestTimes {
  readonly #requests = new Map<string, Request>();
  readonly #threads = new Map<string, ThreadTime>();
  readonly #routes = new Map<string, { durations: Durations; slowest: CallEvent }>();
  readonly #unfinished = new Map<string, { count: number; oldest: CallEvent }>();
  readonly #maxTimes: number;
  #times = 0;
  #count = 0;

  constructor(maxTimes = MAX_TIMES) {
    this.#maxTimes = maxTimes;
  }

  take(call: CallEvent): void {
    const { id, root, isSlice, isUnfinished, thread, category, start, end } = call;
    // Of a slice that was never ended nobody knows whether the thread still works on it.
    if (isSlice && isUnfinished && root !== undefined) return;
    // What the sampler and the loop report says nothing of whose work it was.
    if (isSlice && !isUnfinished && category !== 'loop') {
      const of = this.#thread(thread);
      if (!this.#keep(category === 'gc' ? of.gc : of.busy, start, end)) {
        of.knownUntil = Math.min(of.knownUntil, start);
      }
    }
    if (root !== undefined) this.#add(this.#request(root), call);
    else if (id !== undefined && isRequest(category)) {
      if (isUnfinished) this.#neverEnds(call);
      else this.#end(id, call);
    }
  }

  #neverEnds(call: CallEvent): void {
    const known = entryOf(this.#unfinished, call.name, () => ({ count: 0, oldest: call }));
    known.count++;
    if (call.start < known.oldest.start) known.oldest = call;
  }

  #add(request: Request | undefined, { isSlice, category, start, end }: CallEvent): void {
    if (request === undefined) return;
    if (isSlice && category !== 'gc') this.#keepOf(request, request.own, start, end);
    else if (category === 'db' || category === 'http') {
      const waits = entryOf(request.waits, category, () => new Intervals());
      this.#keepOf(request, waits, start, end);
    }
  }

  #keepOf(request: Request, intervals: Intervals, start: number, end: number): void {
    if (!this.#keep(intervals, start, end)) request.isPartial = true;
  }

  /** False where there are too many to be kept. */
  #keep(intervals: Intervals, start: number, end: number): boolean {
    if (this.#times >= this.#maxTimes) return false;
    const before = intervals.count;
    intervals.add(start, end);
    this.#times += intervals.count - before;
    return true;
  }

  #end(id: string, call: CallEvent): void {
    this.#count++;
    const duration = call.end - call.start;
    const route = entryOf(this.#routes, call.name, () => ({
      durations: new Durations(),
      slowest: call,
    }));
    route.durations.add(duration);
    if (duration > route.slowest.end - route.slowest.start) route.slowest = call;
    const request = this.#request(id);
    if (request === undefined) return;
    request.call = call;
    if (call.isSlice) this.#keepOf(request, request.own, call.start, call.end);
  }

  #request(id: string): Request | undefined {
    const known = this.#requests.get(id);
    if (known !== undefined || this.#requests.size >= MAX_REQUESTS) return known;
    const [own, waits] = [new Intervals(), new Map<string, Intervals>()];
    const request: Request = { call: undefined, own, waits, isPartial: false };
    this.#requests.set(id, request);
    return request;
  }

  #thread(key: string): ThreadTime {
    return entryOf(this.#threads, key, () => ({
      busy: new Intervals(),
      gc: new Intervals(),
      knownUntil: Number.POSITIVE_INFINITY,
    }));
  }

  summary(): RequestTimesSummary {
    const times = new Map<string, Record<Spent, number>>();
    let looked = 0;
    for (const request of this.#requests.values()) {
      const { call, isPartial } = request;
      if (call === undefined || isPartial) continue;
      if (this.#thread(call.thread).knownUntil < call.end) continue;
      looked++;
      this.#spend(request, call, entryOf(times, call.name, nothingSpent));
    }
    const routes = Array.from(this.#routes, ([name, { durations, slowest }]): RouteSummary => {
      const { count, total, max } = durations;
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => durations.quantile(part));
      const time = times.get(name) ?? nothingSpent();
      return { name, count, total, p50, p95, p99, max, slowest: slowest.id ?? '', time };
    });
    routes.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
    const unfinished = Array.from(this.#unfinished, ([name, { count, oldest }]) => {
      return { name, count, oldest: oldest.id ?? '', open: oldest.end - oldest.start };
    });
    unfinished.sort((a, b) => b.count - a.count || b.open - a.open);
    return { requests: this.#count, unfinished, beyondLimit: this.#count - looked, routes };
  }

  /** Counts each moment of a request once. */
  #spend({ own, waits }: Request, call: CallEvent, time: Record<Spent, number>): void {
    const { busy, gc } = this.#thread(call.thread);
    const intervals: Readonly<Record<(typeof SPENT)[number], Intervals>> = {
      gc,
      own,
      loop: busy,
      db: waits.get('db') ?? NONE,
      http: waits.get('http') ?? NONE,
    };
    let rest: readonly Interval[] = [{ start: call.start, end: call.end }];
    for (const what of SPENT) {
      const { taken, left } = takeOut(rest, intervals[what]);
      time[what] += taken;
      rest = left;
    }
    for (const { start, end } of rest) time.other += end - start;
  }
}

const NONE = new Intervals();

function nothingSpent(): Record<Spent, number> {
  return { gc: 0, own: 0, loop: 0, db: 0, http: 0, other: 0 };
}
