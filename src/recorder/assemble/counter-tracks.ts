/** Of more counters than this, the last values are not remembered. */
const MAX_COUNTERS = 10_000;
/** Of one counter, so many groups of series are remembered. */
const MAX_GROUPS = 100;

/** Series of a counter that are written together, with their last values. */
export type SeriesGroup = Map<string, number>;

/**
 * The series of each counter of the process. chrome://tracing takes a counter's series from its
 * first event, and Perfetto draws a gap for none: so each event repeats the last value of the
 * series that it does not set, and series that come later are a counter of their own.
 */
export class CounterTracks {
  readonly #counters = new Map<string, SeriesGroup[]>();

  /** All of them, as they are. */
  get all(): ReadonlyMap<string, readonly SeriesGroup[]> {
    return this.#counters;
  }

  restore(counters: ReadonlyMap<string, readonly SeriesGroup[]>): void {
    for (const [key, groups] of counters) this.#counters.set(key, [...groups]);
  }

  /** Sets values of a counter. Gives the groups of series that they change, each with its number. */
  *update(
    name: string,
    values: ReadonlyMap<string, number>,
  ): Generator<readonly [number, SeriesGroup]> {
    const groups = this.#groups(name);
    const fresh = new Map<string, number>();
    const changed = new Set<SeriesGroup>();
    for (const [series, value] of values) {
      const group = groups.find((known) => known.has(series));
      if (group === undefined) fresh.set(series, value);
      else changed.add(group.set(series, value));
    }
    for (const group of changed) yield [groups.indexOf(group), group];
    if (fresh.size === 0) return;
    yield [groups.length, fresh];
    if (groups.length < MAX_GROUPS) groups.push(fresh);
  }

  /** Viewers tell counters apart by their names alone, so the category is not looked at. */
  #groups(name: string): SeriesGroup[] {
    let groups = this.#counters.get(name);
    if (groups === undefined) {
      groups = [];
      if (this.#counters.size < MAX_COUNTERS) this.#counters.set(name, groups);
    }
    return groups;
  }
}
