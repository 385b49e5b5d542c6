import type { ProcessOrThread } from '../timeline/timed-event.js';

/** What is put together in one row. */
export type GroupBy = 'name' | 'category' | 'thread';

/** Times are nanoseconds. */
export interface GroupSummary {
  readonly key: string;
  /** Slices of a thread's track, or async operations, which may overlap. */
  readonly kind: 'slice' | 'async';
  readonly count: number;
  readonly total: number;
  /** Without the slices inside. Undefined for async operations. */
  readonly self: number | undefined;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Of the time from the first event to the last: above 1 where several run at once. */
  readonly share: number;
  /** How many were never ended. They are counted here and nowhere else. */
  readonly unfinished: number;
}

export interface ThreadSummary {
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  readonly name: string;
  readonly process: string;
  readonly slices: number;
  /** Time in which a slice was open. */
  readonly busy: number;
  readonly share: number;
  /** The part of each stretch of the trace in which a slice was open, 0 to 1. */
  readonly activity: readonly number[];
}

export interface ProcessSummary {
  readonly pid: ProcessOrThread;
  readonly name: string;
  readonly threads: number;
  /** The sum of its threads. */
  readonly busy: number;
}

export interface CounterSummary {
  readonly pid: ProcessOrThread;
  readonly name: string;
  readonly series: string;
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface SliceSummary {
  readonly name: string;
  readonly category: string;
  readonly kind: 'slice' | 'async';
  readonly thread: string;
  /** Since the first event. */
  readonly start: number;
  /** Undefined where it was never ended. */
  readonly duration: number | undefined;
}

export interface Summary {
  readonly file: string;
  readonly events: number;
  /** From the first event to the last. */
  readonly wall: number;
  readonly groups: readonly GroupSummary[];
  readonly threads: readonly ThreadSummary[];
  readonly processes: readonly ProcessSummary[];
  readonly counters: readonly CounterSummary[];
  readonly longest: readonly SliceSummary[];
  /** The first of those that were never ended. */
  readonly unfinished: readonly SliceSummary[];
  readonly unfinishedCount: number;
  /** Whether the file ends in the middle. */
  readonly truncated: boolean;
  /** Number of events that were damaged, and are left out. */
  readonly damaged: number;
}

export interface SummaryOptions {
  readonly by: GroupBy;
  /** Which slices and operations are counted. */
  readonly filter: (name: string) => boolean;
  /** Slices in the lists. */
  readonly top: number;
  /** Stretches of the activity. */
  readonly stretches: number;
}
