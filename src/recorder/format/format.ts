import type { TraceStart } from '../../trace-event/trace-start.js';
import type { Framing } from './framing.js';

/**
 * What the assembler tells a format. Another format fits in by implementing `TraceFormat`: the
 * assembler knows nothing of bytes, the format nothing of threads, chunks or open spans.
 *
 * Times and durations are whole nanoseconds since time 0 of the trace.
 */
export interface TraceFormat {
  /** How its events stand in a file. */
  readonly framing: Framing;
  /**
   * Whether a flow can go from and to an async operation. Else its points are given with slices of
   * threads only.
   */
  readonly flowsInOperations: boolean;

  /** What every trace begins with: who recorded it, and when time 0 was. */
  begin(processName: string, start: TraceStart): void;
  /** A slice that is over. */
  complete(
    thread: Thread,
    label: Label,
    start: number,
    duration: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void;
  /** A slice that has no end. */
  unfinished(
    thread: Thread,
    label: Label,
    start: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void;
  instant(
    thread: Thread,
    label: Label,
    time: number,
    scope: InstantScope,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void;
  /**
   * A sample of the CPU, taken of the thread that a track of samples belongs to: these functions were
   * running, the outermost first. They are slices of that track besides. No event: formats without
   * samples pass over it.
   */
  sample(thread: Thread, time: number, stack: readonly SampledFunction[]): void;
  counter(thread: Thread, label: Label, time: number, series: ReadonlyMap<string, number>): void;
  async(
    phase: AsyncPhase,
    thread: Thread,
    label: Label,
    place: AsyncPlace,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void;
  metadata(thread: Thread, name: string, args: Arguments | undefined): void;
  /** An event of the user's, as its JSON members; `given` says which of GIVEN_* it brings. */
  verbatim(thread: Thread, time: number, members: ArgumentList, given: number): void;
  /** So many events of a thread were dropped. */
  dropped(thread: Thread, label: Label, time: number, count: number): void;

  /** What is drawn, as events that may be erased later: each as it stands in the file, in Latin-1. */
  provisional(draw: () => void): readonly string[];
  /** So many events of a trace in this format, as they stand in it. */
  put(bytes: Uint8Array, events: number): void;
  /** A run of events, as `Framing.read()` gives it. */
  adopt(run: Uint8Array): void;
  /** What was written up to now may be missing in the file: nothing that follows can build on it. */
  forget(): void;

  /** Events and bytes since the last `reset()`. */
  readonly events: number;
  readonly length: number;
  /** The bytes. Valid until the next call. */
  bytes(): Uint8Array;
  reset(): void;
}

/** What a format has to know of the recording. */
export interface FormatSetup {
  readonly pid: number;
  /** Tells this recording from all others: a short random text. */
  readonly run: string;
  /** Where the ids of this process start: 0 for the root of a trace, a random number for a part. */
  readonly firstId: number;
  readonly start: TraceStart;
}

export type InstantScope = 't' | 'p' | 'g';
export type AsyncPhase = 'b' | 'n' | 'e';
export type FlowPhase = 's' | 't' | 'f';

/**
 * An id in the file. What the recorder has counted is a number, of which a format makes a text where it
 * writes one (see `id-texts.ts`): most are written twice and never compared.
 */
export type FileId = number | string;

/**
 * An async track, with the name of the first operation on it; `outer` is that of the operation to which
 * those on this one belong.
 */
export interface AsyncPlace {
  readonly id: FileId;
  readonly name: string;
  readonly outer: AsyncPlace | undefined;
}

/** A point of a flow, in the slice or the operation that it is given with. */
export interface FlowPoint {
  readonly phase: FlowPhase;
  readonly stream: Thread;
  readonly label: Label;
  readonly id: FileId;
  readonly time: number;
  /** When the point before it in its flow was; 0 where that is not known. */
  readonly after: number;
  readonly args: Arguments | undefined;
}

export interface Thread {
  readonly pid: number;
  readonly tid: number;
}

/** A function that runs. The object is the same as long as the function goes on. */
export interface SampledFunction {
  readonly label: Label;
  /** Its place: `file`, `line` and `column`, where it has one. */
  readonly args: Arguments | undefined;
}

/** The name and the category of events of one thread. */
export interface Label {
  readonly thread: Thread;
  readonly name: string;
  readonly category: string;
  /** The format's own: what it made of this label, once that pays; until then, how often it was used. */
  encoded: object | number | undefined;
}

/** Which call an event is, and to which it belongs, by ids in the process: shown behind its arguments. */
export interface Lineage {
  readonly id: number | undefined;
  readonly root: number | undefined;
  readonly parent: number | undefined;
  /** The format's own. */
  encoded: object | number | undefined;
}

/** A key of arguments. */
export interface Key {
  readonly name: string;
  /** The format's own. */
  encoded: object | undefined;
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
  /** Arguments that a later call has added to the same event, under other keys. This list has no `more`. */
  readonly more: ArgumentList | undefined;
}

/** Arguments that were recorded, or that the writer itself has to say. */
export type Arguments = ArgumentList | Readonly<Record<string, unknown>>;

export function isArgumentList(args: Arguments): args is ArgumentList {
  return (args as Partial<ArgumentList>).int32 instanceof Int32Array;
}
