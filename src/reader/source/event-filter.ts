/**
 * Which events of a trace are wanted: those that meet all conditions. A condition that is not given, or
 * undefined, is met by all events.
 */
export interface EventFilter {
  /** The phases to keep, by their letters: `['X', 'C']`. Metadata has one, too: `'M'`. */
  phases?: Iterable<string> | undefined;
  /** The names to keep, each as a whole. Metadata has names, too, like `'thread_name'`. */
  names?: Iterable<string> | undefined;
  /**
   * Microseconds, as `ts` has them. Leaves out events that end before this time. An event lasts as long as its
   * own `dur` says: a begin (`'B'`), which has none, ends when it begins. Events without a time are kept, and so
   * is metadata, which is true of all times.
   */
  from?: number | undefined;
  /** Microseconds. Leaves out events that begin after this time; the same events as with `from` are kept. */
  to?: number | undefined;
}
