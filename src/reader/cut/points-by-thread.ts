/** Points of flows on threads, each of which is taken once: by the innermost slice around it. */
export class PointsByThread {
  readonly #threads: Points[] = [];

  add(thread: number, start: number, index: number): void {
    this.#threads[thread] ??= new Points();
    this.#threads[thread].add(start, index);
  }

  /** Places in the list of those from a time to another that nobody has taken yet. */
  take(thread: number, from: number, to: number): number[] {
    return this.#threads[thread]?.take(from, to) ?? [];
  }
}

class Points {
  #points: { readonly start: number; readonly index: number }[] = [];
  /** For each point, one behind it before which all are taken; undefined until the first is. */
  #next: Uint32Array | undefined;

  add(start: number, index: number): void {
    this.#points.push({ start, index });
  }

  take(from: number, to: number): number[] {
    if (this.#next === undefined) {
      this.#points.sort((a, b) => a.start - b.start);
      this.#next = Uint32Array.from({ length: this.#points.length + 1 }, (_, i) => i);
    }
    const next = this.#next;
    const taken: number[] = [];
    let at = this.#free(next, this.#firstFrom(from));
    while (at < this.#points.length && this.#points[at].start <= to) {
      taken.push(this.#points[at].index);
      next[at] = at + 1;
      at = this.#free(next, at + 1);
    }
    return taken;
  }

  /** The first that is not taken, from one on. The way there gets shorter each time. */
  #free(next: Uint32Array, from: number): number {
    let at = from;
    while (next[at] !== at) {
      next[at] = next[next[at]];
      at = next[at];
    }
    return at;
  }

  #firstFrom(time: number): number {
    let [low, high] = [0, this.#points.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#points[middle].start < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
