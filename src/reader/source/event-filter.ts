/** Which events of a trace are wanted. All conditions must hold. */
export interface EventFilter {
  /** Letters of phases, like `['X', 'C']`. */
  phases?: Iterable<string> | undefined;
  /** Whole names. */
  names?: Iterable<string> | undefined;
  /**
   * Microseconds, as `ts` has them: events that end before are left out. An event lasts as its own `dur`
   * says. Those that have no time, and metadata, which is true of all times, are kept.
   */
  from?: number | undefined;
  /** Microseconds: events that begin later are left out. */
  to?: number | undefined;
}
