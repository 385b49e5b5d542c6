import type { AsyncId, FlowId, SpanId } from 'tracelane';

/** What the main thread sends to a worker. Ids of a trace are plain values: they travel along. */
export interface Job {
  readonly input: string;
  readonly output: string;
  /** The async event of this file: both threads add to it. */
  readonly file: AsyncId;
  /** The span that the main thread began and the worker ends. */
  readonly span: SpanId;
  /** The arrow that starts on the main thread and ends in the worker. */
  readonly arrow: FlowId;
}

/** What the worker sends back. */
export interface Result {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why the file could not be compressed. */
  readonly error?: string;
}

/** Tells a worker that there are no more jobs. */
export const NO_MORE_JOBS = 'no more jobs';
