/** Beyond so many counters, values are written as they come. */
const MAX_COUNTERS = 10_000;

/**
 * The series of each counter of the process. chrome://tracing takes a counter's series from its
 * first event, and Perfetto draws a gap for none: so each event repeats the last value of the
 * series that it does not set.
 */
export class CounterTracks {
  readonly #tracks = new Map<string, Map<string, number>>();

  /** All of them, as they are. */
  get all(): ReadonlyMap<string, Map<string, number>> {
    return this.#tracks;
  }

  restore(tracks: ReadonlyMap<string, Map<string, number>>): void {
    for (const [key, track] of tracks) this.#tracks.set(key, track);
  }

  /** All series of a counter, with these values set. */
  update(name: string, category: string, values: ReadonlyMap<string, number>): Map<string, number> {
    const key = `${category}\0${name}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = new Map();
      if (this.#tracks.size < MAX_COUNTERS) this.#tracks.set(key, track);
    }
    for (const [series, value] of values) track.set(series, value);
    return track;
  }
}
