const FAN_OUT = 16;

/**
 * Finds the place of the largest of many values in any range of them, without looking at each: of
 * every 16 values, then of every 256, and so on, the place of the largest is kept.
 */
export class MaxTree {
  readonly #valueAt: (place: number) => number;
  /** Of the lowest level first: the place of the largest value of each block. */
  readonly #levels: readonly Uint32Array[];

  /** @param valueAt The value at a place; must give the same for as long as the tree is used. */
  constructor(count: number, valueAt: (place: number) => number) {
    this.#valueAt = valueAt;
    const levels: Uint32Array[] = [];
    for (let blocks = Math.ceil(count / FAN_OUT); blocks > 0; ) {
      const below = levels.at(-1);
      const length = below?.length ?? count;
      const level = new Uint32Array(blocks);
      for (let block = 0; block < blocks; block++) {
        const last = Math.min(length, (block + 1) * FAN_OUT);
        let best = -1;
        let most = Number.NEGATIVE_INFINITY;
        for (let i = block * FAN_OUT; i < last; i++) {
          const place = below === undefined ? i : below[i];
          const value = valueAt(place);
          if (best >= 0 && value <= most) continue;
          best = place;
          most = value;
        }
        level[block] = best;
      }
      levels.push(level);
      if (blocks === 1) break;
      blocks = Math.ceil(blocks / FAN_OUT);
    }
    this.#levels = levels;
  }

  /**
   * The place of the largest value from one place up to another, that one included; the first of equal
   * ones.
   */
  largest(first: number, last: number): number {
    let [from, to] = [first, last + 1];
    let best = first;
    let most = this.#valueAt(first);
    const look = (place: number): void => {
      const value = this.#valueAt(place);
      if (value < most || (value === most && place >= best)) return;
      most = value;
      best = place;
    };
    let level: Uint32Array | undefined;
    for (let depth = 0; ; depth++) {
      const above = this.#levels[depth];
      const isTop = above === undefined || to - from <= 2 * FAN_OUT;
      if (isTop) {
        for (let i = from; i < to; i++) look(level === undefined ? i : level[i]);
        return best;
      }
      for (; from % FAN_OUT !== 0; from++) look(level === undefined ? from : level[from]);
      for (; to % FAN_OUT !== 0; to--) look(level === undefined ? to - 1 : level[to - 1]);
      from /= FAN_OUT;
      to /= FAN_OUT;
      level = above;
    }
  }
}
