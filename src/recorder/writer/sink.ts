import type { Packed } from '../../encoding/packing/packing.js';

/** What has become of events that were given to a sink. */
export interface Outcome {
  /** So many bytes of them, which are whole events, stand in the output or will. */
  readonly taken: number;
  /** Why no more can be written from now on, if that is so. */
  readonly failure?: unknown;
  /** Somebody else has just cut the output. Nothing was written, and it has to begin again. */
  readonly wasCut?: boolean;
}

/** Events in the file one behind the other: where the first one begins, and how long each is. */
export interface Place {
  readonly offset: number;
  readonly lengths: number[];
}

/** Where the events in an output end: all that is needed to go on behind them. Can be cloned. */
export interface SinkState {
  /** Bytes of events, as they stand there. */
  readonly kept: number;
  /** Where they are packed. */
  readonly packed?: Packed;
}

/**
 * Where the bytes of a trace go. Events are given to it as they stand in the file. What stands behind the
 * last one is the sink's own affair.
 */
export interface Sink {
  /**
   * Puts events behind those that are there. `end`: provisional events, in blocks, where they stand in the
   * end; a block that has not changed is the same object again. Does not throw.
   */
  append(events: Uint8Array, end: readonly Uint8Array[]): Outcome;
  /** Takes events away, which other ones behind them stand for. Throws what the system says. */
  erase(places: readonly Place[]): void;
  /** Whether somebody else has cut the output. It has to begin again then. */
  wasCut(): boolean;
  /** Begins again, with what every trace begins with. */
  restart(header: Uint8Array): Outcome;
  /** The trace is over. Says how many events are not whole in the output, though they were taken. */
  end(): number;
  save(): SinkState;
  /**
   * How it can hold provisional events: among the others, to be erased later; in its end, which each
   * `append()` writes anew; or not at all.
   */
  readonly provisional: 'erasable' | 'in the end' | 'none';
  /** Bytes of events. */
  readonly kept: number;
  /** Bytes that reached the output. */
  readonly size: number;
  /** Whether the reader of a stream is not waited for at the moment. */
  readonly stalled: boolean;
}
