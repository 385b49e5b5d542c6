import type { Unread } from '../source/unread.js';
import type { ProcessOrThread } from '../timeline/timed-event.js';
import type { Unplaced } from '../timeline/unplaced.js';
import type { CallKind } from './call.js';

/** What is put together in one row. */
export type GroupBy = 'name' | 'category' | 'thread';

/** Times are nanoseconds. */
export interface GroupSummary {
  readonly key: string;
  /** Slices of a thread's track, async operations, which may overlap, or some of each. */
  readonly kind: CallKind | 'both';
  readonly count: number;
  readonly total: number;
  /** Time of the slices without those inside. Undefined where there are only operations. */
  readonly self: number | undefined;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Of the time from the first event to the last: above 1 where several run at once. */
  readonly share: number;
  /** How many were open at once, on average over the trace; those never ended until its end. */
  readonly meanOpen: number;
  /** How many were never ended. They are counted here and nowhere else but in `meanOpen`. */
  readonly unfinished: number;
}

/** Calls of one name at one place below others. */
export interface TreeNode {
  readonly name: string;
  readonly kind: CallKind;
  readonly count: number;
  readonly total: number;
  /** Without what is inside. Undefined for operations. */
  readonly self: number | undefined;
  readonly unfinished: number;
  readonly children: readonly TreeNode[];
}

export interface ThreadSummary {
  readonly pid: ProcessOrThread;
  readonly tid: ProcessOrThread;
  readonly name: string;
  readonly process: string;
  /** Both names, with numbers where these are missing or repeated. */
  readonly label: string;
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
  /** The name, with the pid where it is missing or repeated. */
  readonly label: string;
  readonly threads: number;
  /** The sum of its threads. */
  readonly busy: number;
}

/** The async operations of a process. Those that lie in others are not counted. */
export interface OperationsSummary {
  readonly pid: string;
  readonly process: string;
  readonly label: string;
  readonly count: number;
  /** How many were open at once, on average over the trace. */
  readonly meanOpen: number;
  /** The same for each stretch of the trace. */
  readonly activity: readonly number[];
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
  readonly kind: CallKind;
  /** The label of its thread; for an operation, that of its process. */
  readonly thread: string;
  /** Since the first event. */
  readonly start: number;
  /** Undefined where it was never ended. */
  readonly duration: number | undefined;
  /** How many there are with this one: of the same name and process, and of about this length. */
  readonly alike: number;
  /** Byte of the unpacked file at which the event stands that begins it. */
  readonly offset: number;
  /** Those of that event. Undefined where there are none, or they could not be read back. */
  readonly args: unknown;
}

export interface Summary {
  readonly file: string;
  readonly events: number;
  /** From the first event to the last. */
  readonly wall: number;
  readonly groups: readonly GroupSummary[];
  /** The busiest ones. */
  readonly threads: readonly ThreadSummary[];
  /** How many threads are not among these, as there are too many. */
  readonly threadsLeftOut: number;
  /** The busiest ones. */
  readonly processes: readonly ProcessSummary[];
  /** How many processes are not among these. */
  readonly processesLeftOut: number;
  /** Of the busiest processes. */
  readonly operations: readonly OperationsSummary[];
  /** How many processes are not among these, though they have operations. */
  readonly operationsLeftOut: number;
  /** Undefined if it was not asked for. */
  readonly tree: readonly TreeNode[] | undefined;
  readonly counters: readonly CounterSummary[];
  /** Those that are nearly alike in one row, for the longest of them. */
  readonly longest: readonly SliceSummary[];
  /** The first of those that were never ended. */
  readonly unfinished: readonly SliceSummary[];
  readonly unfinishedCount: number;
  /** Whether the arguments of these could be read back: what is a pipe is gone by then. */
  readonly argumentsRead: boolean;
  /** Whether the file ends in the middle. */
  readonly truncated: boolean;
  /** Number of events that were damaged, and are left out. */
  readonly damaged: number;
  readonly unread: Unread;
  /** Events that were left out as they have no place in time. */
  readonly unplaced: Unplaced;
}

export interface SummaryOptions {
  readonly by: GroupBy;
  /** Which slices and operations are counted. */
  readonly filter: (name: string) => boolean;
  /** Whether calls are also put together below the calls that they lie in. */
  readonly tree?: boolean | undefined;
  /** Rows of the lists of slices. */
  readonly top: number;
  /** Stretches of the activity. */
  readonly stretches: number;
}
