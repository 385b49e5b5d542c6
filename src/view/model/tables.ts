import { Flag, type SliceFacts } from '../wire/questions.js';
import { MaxTree } from './max-tree.js';
import type { ModelData, SliceData } from './model-data.js';
import { firstAbove, firstFrom } from './search.js';

/** The columns of a trace, and what is found in them by place: what all answers are made of. */
export class Tables {
  readonly data: ModelData;
  readonly slices: SliceData;
  /** Slices by their lengths. */
  readonly longest: MaxTree;
  /** Of each counter: values by the sums of their series. */
  readonly #highest = new Map<number, MaxTree>();
  /** The track of each of all lanes. */
  readonly trackOfLane: Uint32Array;

  constructor(data: ModelData) {
    this.data = data;
    this.slices = data.slices;
    const { starts, ends, count, laneFirst } = data.slices;
    this.longest = new MaxTree(count, (slice) => ends[slice] - starts[slice]);
    this.trackOfLane = new Uint32Array(laneFirst.length - 1);
    for (const [track, { firstLane, lanes }] of data.tracks.entries()) {
      this.trackOfLane.fill(track, firstLane, firstLane + lanes);
    }
  }

  /** Where the slices of a track begin and end in the columns. */
  range(track: number): readonly [first: number, end: number] {
    const { firstLane, lanes } = this.data.tracks[track];
    const { laneFirst } = this.slices;
    return [laneFirst[firstLane], laneFirst[firstLane + lanes]];
  }

  /** The lane of a slice, counted over all tracks. */
  laneOf(slice: number): number {
    return firstAbove(this.slices.laneFirst, slice) - 1;
  }

  trackOf(slice: number): number {
    return this.trackOfLane[this.laneOf(slice)];
  }

  name(slice: number): string {
    const { texts, labelNames } = this.data;
    return texts[labelNames[this.slices.labels[slice]]];
  }

  category(slice: number): string {
    const { texts, labelCategories } = this.data;
    return texts[labelCategories[this.slices.labels[slice]]];
  }

  has(slice: number, flag: number): boolean {
    return (this.slices.flags[slice] & flag) !== 0;
  }

  facts(slice: number): SliceFacts {
    const { starts, ends } = this.slices;
    const lane = this.laneOf(slice);
    const track = this.trackOfLane[lane];
    const isOpen = this.has(slice, Flag.UNFINISHED);
    return {
      slice,
      track,
      lane: lane - this.data.tracks[track].firstLane,
      name: this.name(slice),
      category: this.category(slice),
      start: starts[slice],
      duration: isOpen ? null : ends[slice] - starts[slice],
    };
  }

  /** Those of a lane that lie in a time, if only in part: from a place up to another, without that. */
  inTime(lane: number, from: number, to: number): readonly [first: number, end: number] {
    const { laneFirst, starts, ends } = this.slices;
    const [begin, end] = [laneFirst[lane], laneFirst[lane + 1]];
    let first = firstFrom(starts, from, begin, end);
    while (first > begin && ends[first - 1] > from) first--;
    return [first, firstAbove(starts, to, first, end)];
  }

  /** The values of a counter by the sums of their series. */
  highest(counter: number): MaxTree {
    let tree = this.#highest.get(counter);
    if (tree === undefined) {
      const { times, values } = this.data.counters[counter];
      const sumAt = (place: number) => values.reduce((sum, series) => sum + series[place], 0);
      tree = new MaxTree(times.length, sumAt);
      this.#highest.set(counter, tree);
    }
    return tree;
  }
}
