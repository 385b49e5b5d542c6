const CAPACITY = 1024;

/**
 * The slices that a thread's track already shows, as far as they are needed to tell whether a span
 * reported after the fact (`complete()`) nests among them: viewers drop or misplace slices that
 * overlap in part. Slices inside another one are forgotten, and so are all but the newest.
 */
export class SliceHistory {
  // Disjoint and in order of time: start and end of each, in pairs.
  #bounds = new Float64Array(64);
  #length = 0;
  /** Slices that ended up to here may have been forgotten. */
  #horizon = -1;

  /** A slice that ended after all before it. */
  add(start: number, end: number): void {
    const bounds = this.#bounds;
    let length = this.#length;
    while (length > 0 && bounds[length - 2] >= start) length -= 2;
    if (length === bounds.length) length = this.#makeRoom();
    this.#bounds[length] = start;
    this.#bounds[length + 1] = end;
    this.#length = length + 2;
  }

  /** Adds a slice wherever it belongs, unless it overlaps another in part. */
  insert(start: number, end: number): boolean {
    if (start <= this.#horizon) return false;
    const bounds = this.#bounds;
    let from = this.#length;
    // Behind `from` stand the slices that end after the new one starts.
    while (from > 0 && bounds[from - 1] > start) from -= 2;
    let to = from;
    while (to < this.#length && bounds[to] < end) {
      const inside = bounds[to] >= start && bounds[to + 1] <= end;
      if (!inside) return bounds[to] <= start && bounds[to + 1] >= end;
      to += 2;
    }
    const behind = bounds.slice(to, this.#length);
    this.#length = from;
    this.add(start, end);
    for (let i = 0; i < behind.length; i += 2) this.add(behind[i], behind[i + 1]);
    return true;
  }

  #makeRoom(): number {
    const bounds = this.#bounds;
    if (bounds.length < 2 * CAPACITY) {
      this.#bounds = new Float64Array(2 * bounds.length);
      this.#bounds.set(bounds);
      return bounds.length;
    }
    const half = bounds.length / 2;
    this.#horizon = bounds[half - 1];
    bounds.copyWithin(0, half);
    return half;
  }
}
