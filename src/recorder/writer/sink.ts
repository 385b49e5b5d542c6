import { Buffer } from 'node:buffer';
import type { Place } from './provisional-events.js';

const NEWLINE = 0x0a;
/** What stands behind the last event. */
export const CLOSING = Buffer.from('\n]\n');

/** What has become of events that were given to a sink. */
export interface Outcome {
  /** So many bytes of them, which are whole events, stand in the output or will. */
  readonly taken: number;
  /** Why no more can be written from now on, if that is so. */
  readonly failure?: unknown;
}

/**
 * Where the bytes of a trace go. Events are given to it as they stand in the file: each behind a
 * comma, on a line of its own. What closes the list is the sink's own affair.
 */
export interface Sink {
  /** Puts events behind those that are there. Does not throw. */
  append(events: Uint8Array): Outcome;
  /** Takes events away, which other ones behind them stand for. Throws what the system says. */
  erase(places: readonly Place[]): void;
  /** Whether somebody else has cut the output. It has to begin again then. */
  wasCut(): boolean;
  /** Begins again, with what every trace begins with. */
  restart(header: Uint8Array): Outcome;
  /** The trace is over. Says how many events are not whole in the output, though they were taken. */
  end(): number;
  /** Whether events can be erased. */
  readonly erases: boolean;
  /** Bytes of events. */
  readonly kept: number;
  /** Bytes that reached the output. */
  readonly size: number;
  /** Whether the reader of a stream is not waited for at the moment. */
  readonly stalled: boolean;
}

/** How many of the first `length` bytes are whole events. */
export function wholeEvents(events: Uint8Array, length: number): number {
  if (length >= events.length) return events.length;
  // The next event begins with a comma and a line.
  const line = events.lastIndexOf(NEWLINE, length + 1);
  return Math.max(0, line - 1);
}
