import { Nesting } from './nesting.js';

/** Beside a track there are no more. What would need more is drawn too short. */
const MAX_LANES = 1000;

/** A track on which slices lie, and the lanes beside it for what overlaps there. */
export class Lanes {
  readonly #lanes: Nesting[] = [new Nesting()];
  /** Where that is another one than the first: the lanes of what is open, by their begins. */
  readonly #elsewhere = new Map<number, number>();
  #open = 0;
  /** When that ends which was opened last. */
  end = 0;

  /**
   * Opens something on the first lane that has room for it, which it gives.
   *
   * @param mayEndSooner Whether what has no end may end with what is around it.
   */
  open(start: number, end: number, mayEndSooner = true): number {
    const lanes = this.#lanes;
    let lane = 0;
    for (; lane < lanes.length; lane++) {
      lanes[lane].at(start);
      if (mayEndSooner ? lanes[lane].holds(end) : end <= lanes[lane].end) break;
    }
    if (lane === lanes.length) {
      if (lane < MAX_LANES) lanes.push(new Nesting());
      else lane--;
    }
    this.end = lanes[lane].push(end);
    return lane;
  }

  /** The same for what is closed by itself: the end of what is around it would close what has no end. */
  begin(index: number, start: number, end: number): number {
    this.#open++;
    const lane = this.open(start, end, false);
    if (lane > 0) this.#elsewhere.set(index, lane);
    return lane;
  }

  /** The lane of what ends now. */
  close(index: number, time: number): number {
    const lane = this.#elsewhere.get(index) ?? 0;
    if (lane > 0) this.#elsewhere.delete(index);
    for (const nesting of this.#lanes) nesting.at(time);
    this.#open--;
    return lane;
  }

  /** Whether all that was begun was closed. */
  get isEmpty(): boolean {
    return this.#open === 0;
  }
}
