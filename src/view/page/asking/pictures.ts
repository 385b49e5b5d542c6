import type { CounterPicture, Picture, TraceClient } from '../../wire/questions.js';
import { colorsOf, prepare, type Segments, stacked } from '../picture/prepared.js';
import type { View } from '../viewport/view.js';

/** What is known of a track in a range, at a resolution. */
interface Known {
  readonly from: number;
  readonly to: number;
  /** Nanoseconds of a pixel. */
  readonly resolution: number;
  readonly version: number;
  readonly belongingTo: number | undefined;
  readonly segments: Segments | undefined;
  readonly counter: Counter | undefined;
}

export interface Counter {
  readonly times: Float64Array;
  /** Of each series. */
  readonly values: readonly Float64Array[];
  /** Where the area of each series ends. */
  readonly tops: readonly Float64Array[];
}

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly resolution: number;
  readonly version: number;
  readonly belongingTo: number | undefined;
}

interface Underway {
  readonly wanted: Wanted;
  readonly tracks: ReadonlySet<number>;
  readonly since: number;
  readonly abort: AbortController;
}

/** A question that is no longer of use may still be answered within so many milliseconds. */
const PATIENCE = 250;
/** Nothing is asked for so long after a question has failed. */
const PAUSE = 2000;
/** No question is about more pixels. */
const PIXELS = 16_000;
/** Pictures of tracks that are not on the screen are kept up to this number. */
const KEPT = 500;

/**
 * The pictures of tracks. It asks for three times what is on the screen, at a resolution that is a power of
 * two, so that most moves need no question. What is there is drawn until something better comes.
 */
export class Pictures {
  readonly #client: TraceClient;
  readonly #colors: number;
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  readonly #known = new Map<number, Known>();
  #underway: Underway | undefined;
  #pausedUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    client: TraceClient,
    colors: number,
    changed: () => void,
    failed: (error: unknown) => void,
  ) {
    this.#client = client;
    this.#colors = colors;
    this.#changed = changed;
    this.#failed = failed;
  }

  segments(track: number): Segments | undefined {
    return this.#known.get(track)?.segments;
  }

  counter(track: number): Counter | undefined {
    return this.#known.get(track)?.counter;
  }

  /** When tracks have other numbers. */
  forget(): void {
    this.#known.clear();
    this.#underway?.abort.abort();
    this.#underway = undefined;
  }

  /** Asks for what is missing of some tracks. It may be called in each frame. */
  want(
    view: View,
    limits: View,
    pixels: number,
    tracks: readonly number[],
    version: number,
    belongingTo: number | undefined,
  ): void {
    const { resolution, from, to } = wantedRange(view, limits, pixels);
    const wanted: Wanted = { resolution, from, to, version, belongingTo };
    const missing = tracks.filter((track) => !serves(this.#known.get(track), wanted, view, limits));
    if (missing.length === 0 || performance.now() < this.#pausedUntil) return;
    if (this.#underway !== undefined) {
      const { wanted: asked, tracks: askedOf, since } = this.#underway;
      const helps = serves(asked, wanted, view, limits);
      if (helps && missing.some((track) => askedOf.has(track))) return;
      const age = performance.now() - since;
      if (age < PATIENCE) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#changed();
        }, PATIENCE - age);
        return;
      }
      this.#underway.abort.abort();
    }
    void this.#ask(wanted, missing);
  }

  async #ask(wanted: Wanted, tracks: readonly number[]): Promise<void> {
    const abort = new AbortController();
    const underway = { wanted, tracks: new Set(tracks), since: performance.now(), abort };
    this.#underway = underway;
    const { from, to, resolution, belongingTo } = wanted;
    const pixels = Math.max(1, Math.ceil((to - from) / resolution));
    try {
      const question = { ask: 'draw', from, to, pixels, tracks, belongingTo } as const;
      const picture = await this.#client.ask<'draw'>(question, abort.signal);
      if (abort.signal.aborted) return;
      // Of a version that the page has not heard of: its numbers mean something else.
      if (picture.version !== wanted.version) this.#pausedUntil = performance.now() + PATIENCE;
      else this.#keep(picture, wanted, tracks);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#pausedUntil = performance.now() + PAUSE;
      this.#failed(error);
    }
    this.#underway = undefined;
    this.#changed();
  }

  #keep(picture: Picture, wanted: Wanted, tracks: readonly number[]): void {
    const colors = colorsOf(picture, this.#colors);
    const slices = new Map(picture.slices.map((one) => [one.track, one]));
    const counters = new Map(picture.counters.map((one) => [one.track, one]));
    for (const track of tracks) {
      const ofTrack = slices.get(track);
      const counter = counters.get(track);
      this.#known.delete(track);
      this.#known.set(track, {
        ...wanted,
        segments: ofTrack && prepare(ofTrack, picture.texts, colors),
        counter: counter && toCounter(counter),
      });
    }
    for (const track of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      if (!tracks.includes(track)) this.#known.delete(track);
    }
  }
}

function toCounter(picture: CounterPicture): Counter {
  return { times: picture.times, values: picture.values, tops: stacked(picture) };
}

/** The view and as much on either side of it, at a resolution that is a power of two. */
export function wantedRange(
  view: View,
  limits: View,
  pixels: number,
): { from: number; to: number; resolution: number } {
  const length = view.to - view.from;
  const resolution = 2 ** Math.floor(Math.log2(length / Math.min(pixels, PIXELS / 2)));
  const margin = Math.min(length, (PIXELS * resolution - length) / 2);
  // Whole nanoseconds, and whole pixels: what is joined does not change when the view moves.
  const grid = Math.max(resolution, 1);
  const from = Math.floor(Math.max(view.from - margin, limits.from) / grid) * grid;
  const to = Math.ceil(Math.min(view.to + margin, limits.to) / grid) * grid;
  return { from, to, resolution };
}

function serves(known: Wanted | undefined, wanted: Wanted, view: View, limits: View): boolean {
  return (
    known !== undefined &&
    known.version === wanted.version &&
    known.belongingTo === wanted.belongingTo &&
    known.resolution === wanted.resolution &&
    known.from <= Math.max(view.from, limits.from) &&
    known.to >= Math.min(view.to, limits.to)
  );
}
