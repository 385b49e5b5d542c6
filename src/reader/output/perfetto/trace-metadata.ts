import { fitsShape, metadataShape } from '../../../trace-event/metadata.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { isObject, type RawEvent } from '../../source/entries.js';
import { ClockReader } from '../../source/trace-clock.js';
import { isTraceStart } from '../../source/trace-start.js';
import { threadOf } from '../../timeline/timed-event.js';
import type { Threads } from './threads.js';

/** What clocks showed at one moment, in nanoseconds, as far as the trace says it. */
export interface ClockTimes {
  readonly wall: bigint | undefined;
  readonly monotonic: bigint | undefined;
  readonly boot: bigint | undefined;
  /** What the times of the trace count from. */
  readonly own: bigint;
}

/** What a trace says of its clocks, and of its processes and threads. */
export class TraceMetadata {
  readonly #clock = new ClockReader();
  readonly #threads: Threads;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  /** Takes an event of metadata. Gives whether that was all that it says. */
  take(event: RawEvent): boolean {
    const { name, args } = event;
    this.#clock.take(event);
    if (isTraceStart(event)) return true;
    const shape = metadataShape(name);
    const value = shape !== undefined && isObject(args) ? args[shape.key] : undefined;
    const { pid, tid } = threadOf(event);
    const known = this.#threads.all[this.#threads.number(pid, tid)];
    if (shape === undefined || !fitsShape(shape, value)) return false;
    const isOfThread = String(name).startsWith('thread_');
    const description = isOfThread
      ? this.#threads.thread(known.pid, known.tid)
      : this.#threads.process(known.pid);
    if (shape.key === 'sort_index') description.sortIndex = Number(value);
    else if (shape.key === 'labels') description.labels.push(String(value));
    else if (value !== '') description.name = String(value);
    return true;
  }

  /** Takes what stands beside the events. */
  takeMembers(members: ReadonlyMap<string, unknown>): void {
    this.#clock.takeMembers(members);
  }

  /** What clocks showed at a time of the trace, in whole microseconds. */
  clocksAt(microseconds: number): ClockTimes {
    const { wall, monotonic, boot } = this.#clock.clock;
    const own = BigInt(microseconds) * BigInt(NS_PER_US);
    return {
      wall: wall === undefined ? undefined : BigInt(Math.round(wall)) * BigInt(NS_PER_US) + own,
      monotonic: monotonic === undefined ? undefined : monotonic + own,
      boot: boot === undefined ? undefined : boot + own,
      own,
    };
  }
}
