import type { Piece } from './byte-buffer.js';

/**
 * What the assembler tells a format. A second format fits in by implementing `TraceFormat`: the
 * assembler knows nothing of bytes, the format nothing of threads, chunks or open spans.
 *
 * Times and durations are whole nanoseconds since time 0 of the trace.
 */
export interface TraceFormat {
  /** A slice that is over. */
  complete(
    thread: Thread,
    label: Label,
    start: number,
    duration: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void;
  /** A slice that has no end. */
  unfinished(
    thread: Thread,
    label: Label,
    start: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void;
  instant(
    thread: Thread,
    label: Label,
    time: number,
    scope: InstantScope,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void;
  counter(thread: Thread, label: Label, time: number, series: ReadonlyMap<string, number>): void;
  async(
    phase: AsyncPhase,
    thread: Thread,
    label: Label,
    id: string,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void;
  flow(
    phase: FlowPhase,
    thread: Thread,
    label: Label,
    id: string,
    time: number,
    args: Arguments | undefined,
  ): void;
  metadata(thread: Thread, name: string, args: Arguments | undefined): void;
  /** An event of the user's, as its JSON members; `given` says which of GIVEN_* it brings. */
  verbatim(thread: Thread, time: number, members: ArgumentList, given: number): void;

  /** Events of another trace in this format, as they stand in its file between commas. */
  adopt(events: Uint8Array): void;

  /** Events and bytes since the last `reset()`. */
  readonly events: number;
  readonly length: number;
  /** The bytes. Valid until the next call. */
  bytes(): Uint8Array;
  /** Forgets all behind the first `length` bytes, which are so many events. */
  cut(length: number, events: number): void;
  reset(): void;
}

export type InstantScope = 't' | 'p' | 'g';
export type AsyncPhase = 'b' | 'n' | 'e';
export type FlowPhase = 's' | 't' | 'f';

export interface Thread {
  readonly pid: number;
  readonly tid: number;
}

/** The name and the category of events of one thread. */
export interface Label {
  readonly thread: Thread;
  readonly name: string;
  readonly category: string;
  /** The format's own: what it made of this label, once that pays; until then, how often it was used. */
  encoded: Piece | number | undefined;
}

/** Which call an event is, and to which it belongs: shown behind its arguments. */
export interface Lineage {
  readonly id: string | undefined;
  readonly root: string | undefined;
  readonly parent: string | undefined;
  /** The format's own. */
  encoded: Piece | number | undefined;
}

/** A key of arguments. */
export interface Key {
  readonly name: string;
  /** The format's own. */
  encoded: Piece | undefined;
}

/**
 * Arguments as they were recorded (see arena/records.ts), in words `at` to `end` of a memory: the
 * arena's while its chunk is being read, a copy for what outlives that.
 */
export interface ArgumentList {
  int32: Int32Array;
  float64: Float64Array;
  bytes: Uint8Array;
  at: number;
  end: number;
  readonly keys: readonly (Key | undefined)[];
  /** JSON members that came in fragments. */
  readonly long: Uint8Array | undefined;
}

/** Arguments that were recorded, or that the writer itself has to say. */
export type Arguments = ArgumentList | Readonly<Record<string, unknown>>;

export function isArgumentList(args: Arguments): args is ArgumentList {
  return (args as Partial<ArgumentList>).int32 instanceof Int32Array;
}
