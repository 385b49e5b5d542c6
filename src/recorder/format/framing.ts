/**
 * How the events of a format stand in a file, one behind the other: all that the code which moves their
 * bytes has to know of them.
 */
export interface Framing {
  /** What the names of files in this format end in. */
  readonly suffix: string;
  /** What stands behind the last event. */
  readonly closing: Uint8Array;
  /** How many of the first `length` bytes of events are whole ones. */
  wholeEvents(events: Uint8Array, length: number): number;
  /** Where the event ends in which a byte stands. */
  endOfEvent(events: Uint8Array, byte: number): number;
  /** How many events these are. */
  count(events: Uint8Array): number;
  /** Makes of the bytes of one event something that shows nothing. */
  blank(event: Uint8Array): void;
  /**
   * Which provisional events one of these events stands for. A format in which that cannot be told
   * says none.
   */
  replacedBy(events: Uint8Array): (provisional: string) => boolean;
  /** Takes the sound events out of a piece of a file. Throws where it is none of this format. */
  read(piece: Uint8Array, isLast: boolean): Piecewise;
}

export interface Piecewise {
  /** Runs of events, each as it stands between the first and the last event of a file. */
  readonly runs: Iterable<Uint8Array>;
  /** How many bytes of the piece are done with. The rest comes again, with more behind it. */
  readonly done: number;
}
