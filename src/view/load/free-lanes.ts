/** A heap of numbers: the one with the lowest rank is on top. */
class Heap {
  readonly #ranks: number[] = [];
  readonly #values: number[] = [];

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  get rank(): number {
    return this.#ranks[0];
  }

  push(rank: number, value: number): void {
    const [ranks, values] = [this.#ranks, this.#values];
    let at = values.length;
    for (; at > 0; ) {
      const above = (at - 1) >> 1;
      if (ranks[above] <= rank) break;
      ranks[at] = ranks[above];
      values[at] = values[above];
      at = above;
    }
    ranks[at] = rank;
    values[at] = value;
  }

  pop(): number {
    const [ranks, values] = [this.#ranks, this.#values];
    const top = values[0];
    const [rank, value] = [ranks.pop() as number, values.pop() as number];
    const count = values.length;
    if (count === 0) return top;
    let at = 0;
    for (let below = 1; below < count; below = 2 * at + 1) {
      if (below + 1 < count && ranks[below + 1] < ranks[below]) below++;
      if (ranks[below] >= rank) break;
      ranks[at] = ranks[below];
      values[at] = values[below];
      at = below;
    }
    ranks[at] = rank;
    values[at] = value;
    return top;
  }
}

/** Gives lanes to what comes in the order of its starts: the lowest one that is free. */
export class FreeLanes {
  readonly #busy = new Heap();
  readonly #free = new Heap();
  readonly #make: () => number;

  /** @param make Gives a lane that nobody has. */
  constructor(make: () => number) {
    this.#make = make;
  }

  take(start: number, end: number): number {
    while (!this.#busy.isEmpty && this.#busy.rank <= start) {
      const lane = this.#busy.pop();
      this.#free.push(lane, lane);
    }
    const lane = this.#free.isEmpty ? this.#make() : this.#free.pop();
    this.#busy.push(end, lane);
    return lane;
  }
}
