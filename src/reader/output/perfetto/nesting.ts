/** What is open on a track, in the order of time: whether what comes next lies in it, or overlaps it. */
export class Nesting {
  readonly #ends: number[] = [];

  get depth(): number {
    return this.#ends.length;
  }

  /**
   * When what was begun last and is open ends: what is around it ends no sooner. Infinite if there is
   * nothing, or it has no end.
   */
  get end(): number {
    return this.#ends.length === 0 ? Number.POSITIVE_INFINITY : this.#ends[this.#ends.length - 1];
  }

  /** Goes on to a time. What ends right then is over, unless that is to be kept. */
  at(time: number, keepsEnding = false): void {
    const ends = this.#ends;
    while (ends.length > 0 && (keepsEnding ? this.end < time : this.end <= time)) ends.pop();
  }

  /** Whether there is room for what ends then. What has no end ends with what is around it. */
  holds(end: number): boolean {
    return end <= this.end || end === Number.POSITIVE_INFINITY;
  }

  /** Opens something. Gives when it ends. */
  push(end: number): number {
    const last = Math.min(end, this.end);
    this.#ends.push(last);
    return last;
  }
}
