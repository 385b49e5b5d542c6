const CAPACITY = 1024;

/**
 * Nanoseconds by which the start and the end of a slice may be moved: the smallest moves first, and
 * inwards before outwards.
 */
const SHIFTS = [0, 1, 2, 3, -1, -2, -3];
const NUDGES = SHIFTS.flatMap((start) => SHIFTS.map((end) => [start, 0 - end] as const)).sort(
  (a, b) => Math.abs(a[0]) + Math.abs(a[1]) - Math.abs(b[0]) - Math.abs(b[1]),
);

/**
 * The slices that a thread's track already shows, as far as they are needed to tell whether a span
 * reported after the fact (`complete()`) nests among them: viewers drop or misplace slices that
 * overlap in part. It forgets what is old, and says no where it does not know.
 */
export class SliceHistory {
  /** Slices that lie in no other slice, in the order of time. They reach further back. */
  readonly #outer = new SliceList();
  /** A ring of the starts and ends of the newest slices, at any depth. */
  readonly #recent = new Float64Array(2 * CAPACITY);
  #next = 0;
  /** Up to this time, slices may have left the ring. */
  #horizon = -1;

  /** Says no to everything up to a time: what the track holds there is not known. */
  forget(time: number): void {
    this.#outer.forget(time);
    this.#horizon = time;
  }

  /** Adds a slice that ended after all others. */
  add(start: number, end: number): void {
    this.#outer.add(start, end);
    this.#remember(start, end);
  }

  /**
   * Adds a slice wherever it belongs, unless it overlaps another in part. Where its start or end
   * is that of another slice too, it is moved by a few nanoseconds: DevTools, which counts in fractions
   * of microseconds, takes some slices that only touch for overlapping ones. Gives what was added.
   */
  insert(start: number, end: number): { start: number; end: number } | undefined {
    for (const [left, right] of NUDGES) {
      const nudged = { start: start + left, end: end + right };
      if (nudged.start < 0 || nudged.start > nudged.end) continue;
      if (this.#insert(nudged.start, nudged.end)) return nudged;
    }
    return undefined;
  }

  #insert(start: number, end: number): boolean {
    const place = this.#outer.insert(start, end);
    if (place === 'cuts' || (place === 'inside' && !this.#nestsAmongRecent(start, end)))
      return false;
    this.#remember(start, end);
    return true;
  }

  #remember(start: number, end: number): void {
    const recent = this.#recent;
    const at = this.#next;
    if (recent[at + 1] > this.#horizon) this.#horizon = recent[at + 1];
    recent[at] = start;
    recent[at + 1] = end;
    this.#next = at + 2 === recent.length ? 0 : at + 2;
  }

  #nestsAmongRecent(start: number, end: number): boolean {
    if (start < this.#horizon) return false;
    const recent = this.#recent;
    for (let i = 0; i < recent.length; i += 2) {
      const apart = recent[i + 1] < start || recent[i] > end;
      const within = recent[i] < start && recent[i + 1] > end;
      const around = recent[i] > start && recent[i + 1] < end;
      if (!apart && !within && !around) return false;
    }
    return true;
  }
}

/** Slices that do not touch each other, in the order of time. */
class SliceList {
  #bounds = new Float64Array(64);
  #length = 0;
  #horizon = -1;

  forget(time: number): void {
    this.#length = 0;
    this.#horizon = time;
  }

  /** Adds a slice that ends after all others, in place of those inside it. */
  add(start: number, end: number): void {
    const bounds = this.#bounds;
    let length = this.#length;
    while (length > 0 && bounds[length - 2] >= start) length -= 2;
    if (length === bounds.length) length = this.#makeRoom();
    this.#bounds[length] = start;
    this.#bounds[length + 1] = end;
    this.#length = length + 2;
  }

  /** Adds a slice that lies outside all others, or around some, and touches none. */
  insert(start: number, end: number): 'added' | 'inside' | 'cuts' {
    if (start < this.#horizon) return 'cuts';
    const bounds = this.#bounds;
    let from = this.#length;
    // Behind `from` stand the slices that do not end before the new one starts.
    while (from > 0 && bounds[from - 1] >= start) from -= 2;
    let to = from;
    while (to < this.#length && bounds[to] <= end) {
      if (bounds[to] < start && bounds[to + 1] > end) return 'inside';
      if (bounds[to] <= start || bounds[to + 1] >= end) return 'cuts';
      to += 2;
    }
    const behind = bounds.slice(to, this.#length);
    this.#length = from;
    this.add(start, end);
    for (let i = 0; i < behind.length; i += 2) this.add(behind[i], behind[i + 1]);
    return 'added';
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
