/**
 * The times of the slices of a thread of which one sequence tells, as Chrome's format needs them. Of what
 * has the same time there, ends come first, then complete events, then begins, wherever they stand in the
 * file; in Perfetto's format, the order is that of the file. So an end of an empty slice, and what
 * follows it at that moment, are moved by a nanosecond: else it would end the slice around, and all that
 * comes then would end too early.
 */
export class SliceTimes {
  /** When the slices began that are open. */
  readonly #begins: number[] = [];
  /** The latest of these up to each of them: their order in the file need not be that of time. */
  readonly #latest: number[] = [];
  /** Times from `#moment` on, and before `#moved`, become `#moved`. */
  #moment = Number.NaN;
  #moved = Number.NaN;
  /** When the last complete event stood that was empty. */
  #empty = Number.NaN;
  /** When the last complete event ended in each of these, and outside of all. */
  readonly #completed = [Number.NEGATIVE_INFINITY];
  /**
   * When the slice began that was the last to end by an event of its own. That end may have been moved to a
   * later time than the file has. A complete event with the same begin would come before that slice, though it
   * may be shorter.
   */
  #ended = Number.NaN;

  /** The time of what happens at a time. */
  of(time: number): number {
    return time >= this.#moment && time < this.#moved ? this.#moved : time;
  }

  /** A slice begins; its time is one of `of()`. */
  begin(time: number): void {
    this.#begins.push(time);
    this.#latest.push(Math.max(time, this.#latest.at(-1) ?? time));
    this.#completed.push(Number.NEGATIVE_INFINITY);
  }

  /**
   * Whether the slice that began last can be written as one complete event. At one time, Chrome's format puts
   * complete events before begins. So it cannot if it takes time, and a slice around it began no earlier, or the
   * last slice to end by an event of its own began at the same time, or an empty complete event stands at that
   * time.
   */
  mayBeComplete(end: number): boolean {
    const begin = this.#begins.at(-1) ?? end;
    const around = this.#latest.at(-2) ?? Number.NEGATIVE_INFINITY;
    return begin === end || (begin > around && begin !== this.#ended && begin !== this.#empty);
  }

  /** The slice that began last ends as a complete event. */
  endComplete(time: number): void {
    if (this.#begins.pop() === time) this.#empty = time;
    this.#latest.pop();
    this.#completed.pop();
    this.#completed[this.#begins.length] = time;
  }

  /** The time of what lies in the slice that ends next, and is told with its end. */
  beforeEnd(time: number): number {
    const end = Math.max(this.of(time), this.#completed[this.#begins.length]);
    return Math.max(end - 1, this.#begins.at(-1) ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * The slice that began last ends. Gives the time of its end: that of what was inside it, if it says an
   * earlier one. Then Perfetto, which sorts by time, has the two ends change places.
   */
  end(time: number): number {
    const at = Math.max(this.of(time), this.#completed[this.#begins.length]);
    const begin = this.#begins.pop();
    this.#latest.pop();
    if (begin !== undefined) {
      const inside = this.#completed.pop() as number;
      const around = this.#begins.length;
      this.#completed[around] = Math.max(this.#completed[around], inside);
      this.#ended = begin;
    }
    if (begin !== at && this.#empty !== at) return at;
    this.#moment = time < at ? this.#moment : time;
    this.#moved = at + 1;
    return this.#moved;
  }
}
