import type { SlicesPicture } from '../wire/questions.js';

const FIRST = 1024;

/** Segments of a track, one behind the other, as they are found. */
export class Segments {
  count = 0;
  #lanes = new Uint16Array(FIRST);
  #starts = new Float64Array(FIRST);
  #ends = new Float64Array(FIRST);
  #labels = new Uint32Array(FIRST);
  #slices = new Uint32Array(FIRST);
  #flags = new Uint8Array(FIRST);

  clear(): void {
    this.count = 0;
  }

  add(lane: number, start: number, end: number, label: number, slice: number, flags: number): void {
    if (this.count === this.#lanes.length) this.#grow();
    const at = this.count++;
    this.#lanes[at] = lane;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#labels[at] = label;
    this.#slices[at] = slice;
    this.#flags[at] = flags;
  }

  /** Whether the last one has this label and these flags, in this lane, and ends here. */
  endsWith(lane: number, end: number, label: number, flags: number): boolean {
    const last = this.count - 1;
    return (
      last >= 0 &&
      this.#lanes[last] === lane &&
      this.#ends[last] === end &&
      this.#labels[last] === label &&
      this.#flags[last] === flags
    );
  }

  /** Makes the last one longer. */
  extend(end: number): void {
    this.#ends[this.count - 1] = end;
  }

  /** @param textsOf The places of the texts of a label: its name, and its category. */
  picture(
    track: number,
    textsOf: (label: number) => readonly [name: number, category: number],
  ): SlicesPicture {
    const { count } = this;
    const names = new Uint32Array(count);
    const categories = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      [names[i], categories[i]] = textsOf(this.#labels[i]);
    }
    return {
      track,
      lanes: this.#lanes.slice(0, count),
      starts: this.#starts.slice(0, count),
      ends: this.#ends.slice(0, count),
      names,
      categories,
      slices: this.#slices.slice(0, count),
      flags: this.#flags.slice(0, count),
    };
  }

  #grow(): void {
    this.#lanes = larger(this.#lanes);
    this.#starts = larger(this.#starts);
    this.#ends = larger(this.#ends);
    this.#labels = larger(this.#labels);
    this.#slices = larger(this.#slices);
    this.#flags = larger(this.#flags);
  }
}

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function larger<T extends Column>(column: T): T {
  const Kind = column.constructor as new (length: number) => T;
  const grown = new Kind(2 * column.length);
  grown.set(column as never);
  return grown;
}
