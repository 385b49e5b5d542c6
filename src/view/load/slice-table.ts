import { NONE, type SliceData } from '../model/model-data.js';
import { Growing } from './growing.js';

/**
 * The columns of a model's slices, filled track by track. They are made once, as large as they can
 * become: a copy of them could be too much.
 */
export class SliceTable {
  count = 0;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly labels: Uint32Array;
  readonly parents: Uint32Array;
  readonly offsets: Float64Array;
  readonly flags: Uint8Array;
  /** The place of the event in the file; only while it is needed. */
  readonly events: Uint32Array | undefined;
  readonly #laneFirst = new Growing(Uint32Array);

  /** @param capacity As many slices as there can be. */
  constructor(capacity: number, withEvents: boolean) {
    this.starts = new Float64Array(capacity);
    this.ends = new Float64Array(capacity);
    this.labels = new Uint32Array(capacity);
    this.parents = new Uint32Array(capacity);
    this.offsets = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.events = withEvents ? new Uint32Array(capacity) : undefined;
  }

  /** How many lanes there are, on all tracks. */
  get lanes(): number {
    return this.#laneFirst.count;
  }

  add(
    start: number,
    end: number,
    label: number,
    offset: number,
    flags: number,
    event: number,
  ): number {
    const at = this.count++;
    this.starts[at] = start;
    this.ends[at] = end;
    this.labels[at] = label;
    this.parents[at] = NONE;
    this.offsets[at] = offset;
    this.flags[at] = flags;
    if (this.events !== undefined) this.events[at] = event;
    return at;
  }

  /** Puts those from a place on in order, by lane and then by start: the track is whole. */
  sortTrack(first: number, laneOf: (slice: number) => number, lanes: number): void {
    const count = this.count - first;
    const ends = new Uint32Array(lanes + 1);
    for (let i = 0; i < count; i++) ends[laneOf(first + i) + 1]++;
    for (let lane = 0; lane < lanes; lane++) {
      ends[lane + 1] += ends[lane];
      this.#laneFirst.push(first + ends[lane]);
    }
    const bounds = ends.slice();
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[ends[laneOf(first + i)]++] = i;
    for (let lane = 0; lane < lanes; lane++) {
      this.#sortLane(first, order.subarray(bounds[lane], bounds[lane + 1]));
    }
    this.#reorder(first, order);
  }

  /** All tracks are whole. */
  finish(): SliceData {
    const { count } = this;
    this.#laneFirst.push(count);
    return {
      count,
      starts: this.starts.subarray(0, count),
      ends: this.ends.subarray(0, count),
      labels: this.labels.subarray(0, count),
      parents: this.parents.subarray(0, count),
      offsets: this.offsets.subarray(0, count),
      flags: this.flags.subarray(0, count),
      laneFirst: this.#laneFirst.values,
    };
  }

  /** Nearly always there is nothing to do: those of a lane end one after the other. */
  #sortLane(first: number, order: Uint32Array): void {
    const { starts, ends } = this;
    for (let i = 1; i < order.length; i++) {
      if (starts[first + order[i]] >= starts[first + order[i - 1]]) continue;
      order.sort((a, b) => {
        const [x, y] = [first + a, first + b];
        return starts[x] - starts[y] || ends[x] - ends[y] || a - b;
      });
      return;
    }
  }

  #reorder(first: number, order: Uint32Array): void {
    const { count } = this;
    const places = new Uint32Array(order.length);
    for (let i = 0; i < order.length; i++) places[order[i]] = first + i;
    const columns = [this.starts, this.ends, this.labels, this.parents, this.offsets, this.flags];
    if (this.events !== undefined) columns.push(this.events);
    for (const column of columns) {
      const before = column.slice(first, count);
      for (let i = 0; i < order.length; i++) column[first + i] = before[order[i]];
    }
    const { parents } = this;
    for (let i = first; i < count; i++) {
      if (parents[i] !== NONE) parents[i] = places[parents[i] - first];
    }
  }
}
