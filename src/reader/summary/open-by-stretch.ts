/** The time of a trace, cut into stretches of the same length. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly stretches: number;
}

/** How many intervals were open, on average, in each stretch of a trace. */
export class OpenByStretch {
  readonly #range: Range;
  readonly #width: number;
  /** Time in the stretches in which an interval begins or ends. */
  readonly #edges: Float64Array;
  /** By how many the intervals that fill a whole stretch become more or fewer there. */
  readonly #changes: Float64Array;

  constructor(range: Range) {
    this.#range = range;
    this.#width = (range.end - range.start) / range.stretches;
    this.#edges = new Float64Array(range.stretches);
    this.#changes = new Float64Array(range.stretches + 1);
  }

  add(start: number, end: number): void {
    const width = this.#width;
    if (!(width > 0)) return;
    const last = this.#range.stretches - 1;
    const [from, to] = [start - this.#range.start, end - this.#range.start];
    const first = Math.min(last, Math.floor(from / width));
    const final = Math.min(last, Math.floor(to / width));
    if (first === final) {
      this.#edges[first] += to - from;
      return;
    }
    this.#edges[first] += (first + 1) * width - from;
    this.#edges[final] += to - final * width;
    this.#changes[first + 1]++;
    this.#changes[final]--;
  }

  values(): number[] {
    if (!(this.#width > 0)) return Array.from(this.#edges, () => 0);
    let whole = 0;
    return Array.from(this.#edges, (time, i) => {
      whole += this.#changes[i];
      return whole + time / this.#width;
    });
  }
}
