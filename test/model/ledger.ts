import type { TraceStats } from 'tracelane';
import type { Values } from './variety.js';

/**
 * What the program itself wrote down of what it did, call by call: the truth that the trace is held
 * against. Nothing in here comes from the library but the ids that are needed for nothing else.
 */

/** What a call did, it did between these. */
export interface Bounds {
  /** CLOCK_MONOTONIC, in nanoseconds since the origin of the run. */
  readonly before: number;
  readonly after: number;
  /** What performance.now() gave on the thread meanwhile, to the library or to anybody else. */
  readonly clock: readonly number[];
}

/** Names stand for what has them: no two operations, flows or instants of a program share one. */
export interface Begin {
  readonly what: 'begin';
  readonly at: Bounds;
  readonly name: string;
  readonly cat: string;
  readonly args: Values;
  /** What it is to the library: a span, one that is made to end elsewhere, an operation. */
  readonly form: 'span' | 'loose' | 'async';
  /** The call in which it was begun. */
  readonly parent: string | undefined;
  /** Whether what is begun in it belongs to it. */
  readonly isCall: boolean;
  /** The id that the program gave it. */
  readonly key: string | number | undefined;
}

export interface End {
  readonly what: 'end';
  readonly at: Bounds;
  readonly name: string;
  readonly args: Values;
  /** It ended when a promise settled: others may have done something between the bounds. */
  readonly settled: boolean;
}

/** A call returned a promise: what it stands for goes on beside what its thread does. */
export interface Detach {
  readonly what: 'detach';
  readonly at: Bounds;
  readonly name: string;
}

/** A moment of an operation. */
export interface Mark {
  readonly what: 'mark';
  readonly at: Bounds;
  readonly name: string;
  readonly of: string;
  readonly args: Values;
}

export interface Flow {
  readonly what: 'flow';
  readonly at: Bounds;
  readonly name: string;
  readonly point: 's' | 't' | 'f';
  readonly cat: string;
  readonly args: Values;
}

export interface Instant {
  readonly what: 'instant';
  readonly at: Bounds;
  readonly name: string;
  readonly cat: string;
  readonly scope: string;
  readonly args: Values;
  readonly parent: string | undefined;
}

export interface Counter {
  readonly what: 'counter';
  readonly at: Bounds;
  readonly name: string;
  readonly cat: string;
  readonly series: Readonly<Record<string, number>>;
}

/** `complete()`, with what it was given. */
export interface Complete {
  readonly what: 'complete';
  readonly at: Bounds;
  readonly name: string;
  readonly cat: string;
  readonly args: Values;
  readonly parent: string | undefined;
  readonly startMs: number;
  readonly durationMs: number;
}

export interface Metadata {
  readonly what: 'metadata';
  readonly at: Bounds;
  readonly name: string;
  readonly args: Values;
}

/** An event written as it is; a slice on a thread that there is not. */
export interface Emitted {
  readonly what: 'emitted';
  readonly at: Bounds;
  readonly name: string;
  readonly cat: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Values;
}

/** Something was ended that was not open. */
export interface Unmatched {
  readonly what: 'unmatched';
  readonly at: Bounds;
}

export type Entry =
  | Begin
  | End
  | Detach
  | Mark
  | Flow
  | Instant
  | Counter
  | Complete
  | Metadata
  | Emitted
  | Unmatched;

export interface ThreadLedger {
  readonly pid: number;
  readonly tid: number;
  /** The name that the program gave it. */
  readonly name: string | undefined;
  readonly entries: readonly Entry[];
  /** What was not as it should be while the program ran. */
  readonly problems: readonly string[];
}

/** What came of a program. */
export interface Result {
  readonly format: 'json' | 'perfetto';
  readonly bytes: Uint8Array;
  /** What was CLOCK_MONOTONIC at the origin of the run. */
  readonly origin: bigint;
  readonly threads: readonly ThreadLedger[];
  /** Of the process that started it all. */
  readonly pid: number;
  readonly stats: TraceStats;
}
