/**
 * Arguments of an event: shown in the viewer when the event is selected.
 *
 * Numbers, strings, booleans and null cost a few nanoseconds each. Anything deeper is turned into
 * JSON when the event is recorded, safely: cycles, getters that throw, BigInt, NaN, Date, Error,
 * Map, Set and class instances all become something readable, never an exception.
 */
// biome-ignore lint/suspicious/noExplicitAny: with unknown, values typed by an interface would not fit.
export type Args = Readonly<Record<string, any>>;

/** The phases that tracelane writes. */
export const EventType = {
  DURATION_BEGIN: 'B',
  DURATION_END: 'E',
  COMPLETE: 'X',
  INSTANT: 'i',
  COUNTER: 'C',
  ASYNC_START: 'b',
  ASYNC_INSTANT: 'n',
  ASYNC_END: 'e',
  FLOW_START: 's',
  FLOW_STEP: 't',
  FLOW_END: 'f',
  METADATA: 'M',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

interface EventBase {
  name: string;
  /** Default: 'default'. */
  cat?: string;
  /** Microseconds on the trace's own clock. Default: now. */
  ts?: number;
  /** Default: this process. */
  pid?: number;
  /** Default: this thread. */
  tid?: number;
  args?: Args;
}

/** The begin or the end of a slice: the end is that of the last begin of its thread. */
export interface DurationEvent extends EventBase {
  ph: 'B' | 'E';
}

/** A slice that is over. */
export interface CompleteEvent extends EventBase {
  ph: 'X';
  /** Microseconds. */
  dur: number;
}

/** A moment. */
export interface InstantEvent extends EventBase {
  ph: 'i' | 'I';
  /** Thread, process or global. Viewers take it for 't' where it is missing. */
  s?: 't' | 'p' | 'g';
}

/** New values of a counter: each argument is a series. */
export interface CounterEvent extends EventBase {
  ph: 'C';
  id?: string | number;
  args: Readonly<Record<string, number>>;
}

/** The begin, a moment or the end of an async operation. Those of one `cat` and id share a track. */
export interface AsyncEvent extends EventBase {
  ph: 'b' | 'n' | 'e';
  /** Viewers share it between processes; `id2.local` is this process's own. */
  id?: string | number;
  id2?: { local: string } | { global: string };
}

/** The start, a step or the end of a flow: an arrow between the slices in which these lie. */
export interface FlowEvent extends EventBase {
  ph: 's' | 't' | 'f';
  /** An integer or a hexadecimal string: Perfetto reads no others. */
  id: string | number;
  /** The end binds to the slice around it. Default for `f`. */
  bp?: 'e';
}

/** What is called how, and in which order it is shown. */
export interface MetadataEvent extends EventBase {
  ph: 'M';
  args: Args;
}

/** A phase that tracelane has no method for. Most viewers ignore it. */
export interface OtherEvent extends EventBase {
  ph: 'S' | 'T' | 'p' | 'F' | 'P' | 'N' | 'O' | 'D' | 'V' | 'v' | 'R' | 'c' | '(' | ')';
  id?: string | number;
  [field: string]: unknown;
}

/** An event of the Chrome trace format, as it stands in the file. */
export type TraceEvent =
  | DurationEvent
  | CompleteEvent
  | InstantEvent
  | CounterEvent
  | AsyncEvent
  | FlowEvent
  | MetadataEvent
  | OtherEvent;
