import type { Names } from './names.js';
import { SpillSorter } from './spill-sorter.js';
import { asyncIdentity, hash, type TimedEvent } from './timed-event.js';

const PHASES = ['b', 'n', 'e'];

/** An event of an async operation. Names are numbers of the `Names` given. */
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
  readonly #names: Names;
  readonly #sorter = new SpillSorter(9, 4);

  constructor(names: Names) {
    this.#names = names;
  }

  add({ ph, name, cat, pid, start, index, offset, event }: TimedEvent): void {
    const phase = PHASES.indexOf(ph);
    if (phase < 0) return;
    const { id, local } = asyncIdentity(event);
    const [high, low] = hash(JSON.stringify([cat, id, local ? pid : null]));
    const process = this.#names.number(String(pid));
    const names = this.#names;
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
  readonly #open: AsyncPoint[] = [];
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
    if (event.phase === 'b') this.#open.push(event);
    else if (this.#open.length === 0) {
      const rule = event.phase === 'n' ? 'async-instant-outside' : 'async-end-without-begin';
      this.#visitor.problem?.(rule, event, undefined);
    } else if (event.phase === 'e') this.#end(event);
  }

  finish(): void {
    for (const begin of this.#open) {
      this.#visitor.operation?.({ begin, endedBy: undefined, end: Number.POSITIVE_INFINITY });
    }
  }

  #end(event: AsyncPoint): void {
    const at = this.#open.findLastIndex(({ name }) => name === event.name);
    if (at < 0) {
      this.#visitor.problem?.('async-end-without-begin', event, this.#open.at(-1));
      return;
    }
    if (at < this.#open.length - 1) {
      this.#visitor.problem?.('async-overlap', event, this.#open.at(-1));
    }
    const [begin] = this.#open.splice(at, 1);
    this.#visitor.operation?.({ begin, endedBy: event, end: event.start });
  }
}
