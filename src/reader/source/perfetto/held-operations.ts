import type { Place, Track } from './tracks.js';

/** So many steps are held, and so many bytes of arguments; then what has come by then has to do. */
const MAX_HELD = 65_536;
const MAX_BYTES = 32 * 1024 * 1024;

/** A begin or an end of an operation, or a moment of one, that is not written yet. */
export interface HeldStep {
  /** Of `TrackEvent.Type`. */
  readonly type: number;
  /** Nanoseconds. */
  readonly time: number;
  readonly place: Place;
  /** Numbers of the table of all texts. */
  readonly name: number;
  readonly category: number;
  /** Where its packet begins. */
  readonly offset: number;
  /** The JSON of its arguments, as far as that is wanted. */
  readonly args: Buffer | undefined;
}

/**
 * Operations, as other tools write them: each thread writes its packets when it likes, and of what
 * happened earlier, too, so an end may stand before its begin. What belongs together is known when all
 * that is on a track is sorted by time.
 */
export class HeldOperations {
  readonly #steps = new Map<Track, HeldStep[]>();
  #count = 0;
  #bytes = 0;

  /** Too much is held. */
  get isFull(): boolean {
    return this.#count >= MAX_HELD || this.#bytes >= MAX_BYTES;
  }

  hold(track: Track, step: HeldStep): void {
    const steps = this.#steps.get(track);
    if (steps === undefined) this.#steps.set(track, [step]);
    else steps.push(step);
    this.#count++;
    this.#bytes += step.args?.length ?? 0;
  }

  /** Gives all of them, those of each track in the order of time, and then of the file. */
  *take(): Generator<readonly [Track, HeldStep], void, undefined> {
    for (const [track, steps] of this.#steps) {
      for (const step of steps.sort((a, b) => a.time - b.time)) yield [track, step];
    }
    this.#steps.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}
