import type { OpenOperation, Place, Track } from './tracks.js';

/** So many are waited with; then what has come by then has to do. */
const MAX_WAITING = 65_536;

/** An end of an operation of which it is not known yet what it ends. */
export interface LateEnd {
  /** Nanoseconds. */
  readonly time: number;
  readonly place: Place;
  /** Where its packet begins. */
  readonly offset: number;
  /** The JSON of its arguments, as far as that is wanted. */
  readonly args: Buffer | undefined;
}

interface Step {
  readonly time: number;
  readonly begun?: OpenOperation;
  readonly end?: LateEnd;
}

/**
 * Operations that are ended by another writer than they were begun by. Each writes its packets when it likes,
 * so an end may stand before its begin: which one that is, is known when all are sorted by time.
 */
export class LateEnds {
  /** What has begun and ended on tracks that have such ends. */
  readonly #steps = new Map<Track, Step[]>();
  #count = 0;

  isWaiting(track: Track): boolean {
    return this.#steps.has(track);
  }

  /** Too many are waiting. */
  get isFull(): boolean {
    return this.#count >= MAX_WAITING;
  }

  begin(track: Track, begun: OpenOperation): void {
    const steps = this.#steps.get(track);
    if (steps === undefined) return;
    steps.push({ time: begun.time, begun });
    this.#count++;
  }

  end(track: Track, end: LateEnd): void {
    let steps = this.#steps.get(track);
    if (steps === undefined) {
      steps = (track.open ?? []).map((begun) => ({ time: begun.time, begun }));
      this.#steps.set(track, steps);
    }
    steps.push({ time: end.time, end });
    this.#count++;
  }

  /** Gives all of them, each with what it ends, if that is there. What is open then stays open. */
  *take(): Generator<readonly [Track, OpenOperation | undefined, LateEnd], void, undefined> {
    for (const [track, steps] of this.#steps) {
      const open: OpenOperation[] = [];
      for (const { begun, end } of steps.sort((a, b) => a.time - b.time)) {
        if (begun !== undefined) open.push(begun);
        else if (end !== undefined) yield [track, open.pop(), end];
      }
      track.open = open;
    }
    this.#steps.clear();
    this.#count = 0;
  }
}
