import { asyncIdentity } from '../../trace-event/ids.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import { hash, type TimedEvent } from './timed-event.js';

const PHASES = ['b', 'n', 'e'];

/** An event of an async operation. StringTable are numbers of the `StringTable` given. */
export interface AsyncPoint {
  readonly start: number;
  readonly index: number;
  readonly phase: 'b' | 'n' | 'e';
  readonly name: number;
  readonly category: number;
  readonly pid: number;
  readonly offset: number;
}

export interface AsyncOperation {
  readonly begin: AsyncPoint;
  readonly endedBy: AsyncPoint | undefined;
  /** Nanoseconds. Infinity where it was never ended. */
  readonly end: number;
}

export type AsyncRule =
  | 'async-id-shared'
  | 'async-instant-outside'
  | 'async-end-without-begin'
  | 'async-overlap';

export interface AsyncVisitor {
  operation?(operation: AsyncOperation): void;
  problem?(rule: AsyncRule, event: AsyncPoint, other: AsyncPoint | undefined): void;
}

/** The async operations of a trace: they share a track by (cat, id), and nest there as a stack. */
export class AsyncTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter(9, 4);

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  add({ ph, name, cat, pid, start, index, offset, event }: TimedEvent): void {
    const phase = PHASES.indexOf(ph);
    if (phase < 0) return;
    const { id, local } = asyncIdentity(event);
    const [high, low] = hash(JSON.stringify([cat, id, local ? pid : null]));
    const process = this.#strings.number(String(pid));
    const names = this.#strings;
    this.#sorter.add(
      high,
      low,
      start,
      index,
      phase,
      names.number(name),
      names.number(cat),
      process,
      offset,
    );
  }

  /** Goes over all tracks, each in the order of time. Can be done once. */
  replay(visitor: AsyncVisitor): void {
    let current: readonly number[] = [];
    let track: AsyncTrack | undefined;
    for (const [
      high,
      low,
      start,
      index,
      phase,
      name,
      category,
      pid,
      offset,
    ] of this.#sorter.sorted()) {
      if (track === undefined || current[0] !== high || current[1] !== low) {
        track?.finish();
        track = new AsyncTrack(visitor);
        current = [high, low];
      }
      const letter = PHASES[phase] as AsyncPoint['phase'];
      track.take({ start, index, phase: letter, name, category, pid, offset });
    }
    track?.finish();
  }

  close(): void {
    this.#sorter.close();
  }
}

class AsyncTrack {
  readonly #visitor: AsyncVisitor;
  /** In the order of their begins; those that were ended in between go when they are the last. */
  readonly #open: AsyncPoint[] = [];
  readonly #ended = new Set<AsyncPoint>();
  /** The same by name, without those that were ended. */
  readonly #named = new Map<number, AsyncPoint[]>();
  #first: AsyncPoint | undefined;
  #shared = false;

  constructor(visitor: AsyncVisitor) {
    this.#visitor = visitor;
  }

  take(event: AsyncPoint): void {
    this.#first ??= event;
    if (event.pid !== this.#first.pid && !this.#shared) {
      this.#shared = true;
      this.#visitor.problem?.('async-id-shared', event, this.#first);
    }
    if (event.phase === 'b') this.#begin(event);
    else if (this.#open.length === 0) {
      const rule = event.phase === 'n' ? 'async-instant-outside' : 'async-end-without-begin';
      this.#visitor.problem?.(rule, event, undefined);
    } else if (event.phase === 'e') this.#end(event);
  }

  finish(): void {
    for (const begin of this.#open) {
      if (this.#ended.has(begin)) continue;
      this.#visitor.operation?.({ begin, endedBy: undefined, end: Number.POSITIVE_INFINITY });
    }
  }

  #begin(event: AsyncPoint): void {
    this.#open.push(event);
    const same = this.#named.get(event.name);
    if (same === undefined) this.#named.set(event.name, [event]);
    else same.push(event);
  }

  #end(event: AsyncPoint): void {
    const last = this.#open.at(-1);
    const begin = this.#named.get(event.name)?.pop();
    if (begin === undefined) {
      this.#visitor.problem?.('async-end-without-begin', event, last);
      return;
    }
    if (begin !== last) this.#visitor.problem?.('async-overlap', event, last);
    this.#ended.add(begin);
    for (let top = last; top !== undefined && this.#ended.delete(top); top = this.#open.at(-1)) {
      this.#open.pop();
    }
    this.#visitor.operation?.({ begin, endedBy: event, end: event.start });
  }
}
