/** Nanoseconds. However short a trace is, it can be split: simulators count in times that no program lasts. */
const FIRST_WIDTH = 1;
const MAX_BUCKETS = 1 << 16;

/** How many bytes of events begin in which time: in buckets that get wider as the trace gets longer. */
export class BytesByTime {
  #width = FIRST_WIDTH;
  /** Of what goes into each file. */
  everywhere = 0;
  /** By the number of the bucket, which may be negative: events come in any order. */
  #buckets = new Map<number, number>();

  add(start: number, bytes: number): void {
    const bucket = Math.floor(start / this.#width);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + bytes);
    while (this.#buckets.size > MAX_BUCKETS) this.#widen();
  }

  /** Times at which to split what begins from here to there so that no part has more bytes, as long as no bucket has. */
  bounds(mostBytes: number, from: number, to: number): number[] {
    const bounds: number[] = [];
    let bytes = 0;
    for (const [bucket, more] of Array.from(this.#buckets).sort(([a], [b]) => a - b)) {
      const start = bucket * this.#width;
      if (start + this.#width <= from || start > to) continue;
      if (bytes > 0 && bytes + more > mostBytes) {
        bounds.push(start);
        bytes = 0;
      }
      bytes += more;
    }
    return bounds;
  }

  #widen(): void {
    const wider = new Map<number, number>();
    for (const [bucket, bytes] of this.#buckets) {
      const half = Math.floor(bucket / 2);
      wider.set(half, (wider.get(half) ?? 0) + bytes);
    }
    this.#buckets = wider;
    this.#width *= 2;
  }
}
