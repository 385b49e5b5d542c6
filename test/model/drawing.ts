import type { Bounds, Complete, End, Flow, ThreadLedger } from './ledger.js';
import type { Moment, Period, Timeline } from './timeline.js';

/**
 * How a viewer should draw what has happened: a model of what the library promises, that knows
 * nothing of records, streams and passes. It goes through all that a process did, in the order of
 * time.
 */

/** On the track of its thread or on an async one; `open`: it has no end. */
export type Shape = 'slice' | 'open slice' | 'pair' | 'open pair';

export interface Operation {
  readonly name: string;
  readonly period: Period;
  readonly thread: ThreadLedger;
  readonly loose: boolean;
  readonly parent: Operation | undefined;
  readonly key: string | number | undefined;
  /** Spans that were open on its thread when it began, the innermost last. */
  readonly around: readonly Operation[];
  /** It has left its thread's track, or was never there. */
  async: boolean;
  over: boolean;
  shape: Shape | undefined;
  lane: Lane | undefined;
}

/** Async operations of one id and category, which is how viewers know a track. */
export interface Lane {
  stack: Operation[];
  /** When the last one that ended in it did. */
  filled: number;
  /** That of the outermost operation in it when the first one ended there. */
  category: string | undefined;
}

/** A flow point, with the spans that were open around it. */
export interface FlowPoint {
  readonly moment: Moment<Flow>;
  readonly around: readonly Operation[];
}

/** What `complete()` reported; `either`: it just touches others. */
export interface Report {
  readonly period: Period;
  readonly moment: Moment<Complete>;
  readonly shape: 'slice' | 'pair' | 'either';
  /** It has other times than it was given. */
  readonly moved: boolean;
}

/** Touching slices may be moved by so many nanoseconds, or overlap. */
const TOUCH_NS = 8;

export class Drawing {
  readonly operations = new Map<string, Operation>();
  readonly flowPoints: FlowPoint[] = [];
  readonly reports: Report[] = [];
  /** Spans that are open on the track of each thread. */
  readonly #tracks = new Map<ThreadLedger, Operation[]>();
  /** What has ended as a slice on each thread. */
  readonly #slices = new Map<ThreadLedger, { start: number; end: number }[]>();
  readonly #keyed = new Map<string, Lane>();

  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    const { moments, periods } = timeline;
    // The sort is stable: what has no time of its own stays behind what came before it.
    for (const moment of [...moments].sort((a, b) => a.time - b.time)) {
      const { entry, thread } = moment;
      switch (entry.what) {
        case 'begin': {
          const period = periods.get(entry.name) as Period;
          const parent = this.operations.get(entry.parent ?? '');
          this.#begin(period, entry.form, thread, parent, entry.key);
          break;
        }
        case 'end':
          this.#end(this.operations.get(entry.name) as Operation, moment as Moment<End>);
          break;
        case 'detach':
          this.#detach(this.operations.get(entry.name) as Operation);
          break;
        case 'flow': {
          const around = [...this.#track(thread)];
          this.flowPoints.push({ moment: moment as Moment<Flow>, around });
          break;
        }
        case 'complete':
          this.#report(periods.get(entry.name) as Period, moment as Moment<Complete>);
          break;
      }
    }
    for (const operation of this.operations.values()) {
      if (operation.over) continue;
      operation.shape = operation.async ? 'open pair' : 'open slice';
      if (operation.async) this.#laneOf(operation);
    }
    for (const { lane } of this.operations.values()) {
      if (lane !== undefined) lane.category ??= categoryOf(lane.stack[0]);
    }
  }

  #track(thread: ThreadLedger): Operation[] {
    return entryOf(this.#tracks, thread, () => []);
  }

  #begin(
    period: Period,
    form: 'span' | 'loose' | 'async',
    thread: ThreadLedger,
    parent: Operation | undefined,
    key: string | number | undefined,
  ): void {
    const track = this.#track(thread);
    const { name } = period.begin.entry;
    const operation: Operation = {
      name,
      period,
      thread,
      loose: form === 'loose',
      parent,
      key,
      around: [...track],
      async: form === 'async',
      over: false,
      shape: undefined,
      lane: undefined,
    };
    this.operations.set(name, operation);
    if (form === 'async') this.#laneOf(operation);
    else track.push(operation);
  }

  /** A call that goes on beside its thread. */
  #detach(operation: Operation): void {
    if (operation.over || operation.async) return;
    remove(this.#track(operation.thread), operation);
    operation.async = true;
    this.#laneOf(operation);
  }

  #end(operation: Operation, { thread, time }: Moment<End>): void {
    if (!operation.async && thread === operation.thread && this.#endsInOrder(operation)) {
      operation.shape = 'slice';
      const slices = entryOf(this.#slices, thread, () => []);
      slices.push({ start: operation.period.start, end: time });
      // What was started in it stays where it is.
      if (operation.lane !== undefined) remove(operation.lane.stack, operation);
    } else {
      operation.shape = 'pair';
      this.#endPair(operation, time);
    }
    operation.over = true;
    remove(this.#track(operation.thread), operation);
  }

  /** It is the innermost one; spans that are made to end elsewhere make way for one that is not. */
  #endsInOrder(operation: Operation): boolean {
    const track = this.#track(operation.thread);
    const inside = track.slice(track.indexOf(operation) + 1);
    if (inside.length === 0) return true;
    if (operation.loose || inside.some(({ loose }) => !loose)) return false;
    for (const span of inside) {
      span.async = true;
      remove(track, span);
      this.#laneOf(span);
    }
    return true;
  }

  /** What is still open in its lane outlives it, and goes on in another. */
  #endPair(operation: Operation, time: number): void {
    // Over, so that nothing is started in it; its own lane it may still need to find.
    operation.over = true;
    const lane = this.#laneOf(operation);
    lane.filled = time;
    const { stack } = lane;
    lane.category ??= categoryOf(stack[0]);
    const index = stack.indexOf(operation);
    const above = stack.splice(index).slice(1);
    if (above.length === 0) return;
    const moved: Lane = { stack: above, filled: 0, category: undefined };
    for (const other of above) other.lane = moved;
  }

  /** In the operation that it was started in, as long as nothing else goes on there. */
  #laneOf(operation: Operation): Lane {
    const { lane, key, parent, period, thread } = operation;
    if (lane !== undefined) return lane;
    if (key !== undefined) {
      const category = categoryOf(operation);
      const id = `${thread.pid} ${typeof key} ${key} ${category}`;
      const keyed = entryOf(this.#keyed, id, () => ({ stack: [], filled: 0, category }));
      operation.lane = keyed;
      // Operations with ids of the program's own hold nothing.
      return { stack: [operation], filled: 0, category };
    }
    let found: Lane | undefined;
    if (parent !== undefined && !parent.over) {
      const outer = this.#laneOf(parent);
      if (outer.stack.at(-1) === parent && period.start >= outer.filled) found = outer;
    }
    found ??= { stack: [], filled: 0, category: undefined };
    found.stack.push(operation);
    operation.lane = found;
    return found;
  }

  #report(period: Period, moment: Moment<Complete>): void {
    const { thread, time } = moment;
    const { start, endTime: end = start } = period;
    const slices = entryOf(this.#slices, thread, () => []);
    const open = this.#track(thread).map((span) => ({ start: span.period.start, end: Infinity }));
    const around = [...slices.filter((slice) => slice.end < time), ...open];
    const touches = around.some((slice) =>
      [slice.start, slice.end].some(
        (edge) => Math.abs(edge - start) <= TOUCH_NS || Math.abs(edge - end) <= TOUCH_NS,
      ),
    );
    const cuts = around.some(
      (slice) =>
        (slice.start < start && start < slice.end && slice.end < end) ||
        (start < slice.start && slice.start < end && end < slice.end),
    );
    const shape = touches ? 'either' : cuts ? 'pair' : 'slice';
    const { startMs, durationMs } = moment.entry;
    const zero = this.#timeline.zeroOf(thread);
    const moved =
      Math.abs(zero.nanoseconds(startMs) - start) > 1 ||
      Math.abs(zero.nanoseconds(startMs + durationMs) - end) > 1;
    this.reports.push({ period, moment, shape, moved });
    if (period.event.ph === 'X') slices.push({ start, end });
  }
}

/**
 * Whether the order is known in which threads have had to do with what another one has begun.
 * Where two calls overlap, each may have been the first to take effect.
 */
export function isDecided({ moments, periods }: Timeline): boolean {
  const structural = new Set(['begin', 'end', 'detach', 'flow', 'complete']);
  const concerns = new Map<ThreadLedger, { by: ThreadLedger; at: Bounds }[]>();
  for (const { entry, thread: by } of moments) {
    if (!structural.has(entry.what)) continue;
    const owner = entry.what === 'end' ? periods.get(entry.name)?.begin.thread : by;
    entryOf(concerns, owner ?? by, () => []).push({ by, at: entry.at });
  }
  for (const all of concerns.values()) {
    for (const { by, at } of all) {
      // Most threads' spans are nobody else's business.
      const clash = all.some(
        (other) => other.by !== by && other.at.before <= at.after && at.before <= other.at.after,
      );
      if (clash) return false;
    }
  }
  return true;
}

function categoryOf(operation: Operation | undefined): string {
  return operation?.period.begin.entry.cat ?? '';
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
