import { BUCKETS, bucketOf, MAX_EXACT, valueOfRank } from '../../reader/summary/durations.js';
import {
  Flag,
  type NameStatistics,
  type Statistics,
  type StatisticsQuestion,
} from '../wire/questions.js';
import { NONE } from './model-data.js';
import { firstAbove } from './search.js';
import { valueOfRankAmong } from './select.js';
import type { Tables } from './tables.js';

const MAX_NAMES = 1000;
/** Slices that one call goes over. */
const BLOCK = 16_384;

/** Statistics are of one of these, never of several together. */
const KINDS = { thread: 'slice', operations: 'operation', samples: 'sample' } as const;
type Kind = keyof typeof KINDS;

const QUANTILES = [0.5, 0.95, 0.99];
const NOT_COUNTED = Flag.INSTANT | Flag.UNFINISHED;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Numbers of a range: of what lies in it only in part, that part counts. What was never ended does not. */
export function statistics(tables: Tables, question: StatisticsQuestion): Statistics {
  const { data } = tables;
  const tracks = question.tracks ?? data.tracks.keys();
  const chosen = [...new Set(tracks)];
  const names: NameStatistics[] = [];
  let nameCount = 0;
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const own = chosen.filter((track) => data.tracks[track].kind === kind);
    if (own.length === 0) continue;
    const sums = new Sums(tables, own, question);
    nameCount += sums.names;
    names.push(...sums.statistics(kind));
  }
  names.sort((a, b) => b.total - a.total);
  return {
    names: names.slice(0, MAX_NAMES),
    nameCount,
    threads: chosen
      .filter((track) => data.tracks[track].kind === 'thread')
      .map((track) => ({ track, busy: busyTime(tables, track, question) })),
    counters: chosen.flatMap((track) => counterStatistics(tables, track, question)),
  };
}

/** What is summed up by label, in one row of numbers each: what is needed together is in memory together. */
const ROW = 5;
const COUNT = 0;
const TOTAL = 1;
/** Time in what lies right in it. */
const INNER = 2;
const MAX = 3;
const LONGEST = 4;

/**
 * Sums by name. The slices are gone over twice, as quantiles are made only for what is shown. Neither loop
 * calls anything much, or fills memory that grows with the slices: ten million are to be counted while a
 * person waits.
 */
class Sums {
  /** Numbers of the names that there are. */
  readonly #names: number[];
  readonly #tables: Tables;
  readonly #range: Range;
  readonly #places: readonly (readonly [first: number, end: number])[];
  /** A row for each label: a name with a category. */
  readonly #byLabel: Float64Array;
  /** A row for each name. */
  readonly #sums: Float64Array;

  constructor(tables: Tables, tracks: readonly number[], range: Range) {
    this.#tables = tables;
    this.#range = range;
    this.#places = placesOf(tables, tracks, range);
    this.#byLabel = emptyRows(tables.data.labelNames.length);
    for (const [first, end] of this.#places) this.#add(first, end);
    this.#sums = this.#byName();
    this.#names = Array.from(tables.data.texts.keys()).filter((name) => this.#of(name, COUNT) > 0);
  }

  get names(): number {
    return this.#names.length;
  }

  #of(name: number, column: number): number {
    return this.#sums[name * ROW + column];
  }

  #add(first: number, end: number): void {
    const { starts, ends, labels, flags, parents } = this.#tables.slices;
    const { from, to } = this.#range;
    const sums = this.#byLabel;
    for (let slice = first; slice < end; slice++) {
      const begin = starts[slice];
      const over = ends[slice];
      // What begins with the end of the range is not in it.
      if ((flags[slice] & NOT_COUNTED) !== 0 || (begin === to && over > to)) continue;
      const start = Math.max(begin, from);
      const stop = Math.min(over, to);
      const time = stop - start;
      const row = labels[slice] * ROW;
      sums[row + COUNT]++;
      sums[row + TOTAL] += time;
      if (time > sums[row + MAX]) {
        sums[row + MAX] = time;
        sums[row + LONGEST] = slice;
      }
      const parent = parents[slice];
      if (parent === NONE || (flags[parent] & Flag.UNFINISHED) !== 0) continue;
      sums[labels[parent] * ROW + INNER] += Math.min(ends[parent], stop) - start;
    }
  }

  #byName(): Float64Array {
    const byLabel = this.#byLabel;
    const { texts, labelNames } = this.#tables.data;
    const sums = emptyRows(texts.length);
    for (const [label, name] of labelNames.entries()) {
      const [from, to] = [label * ROW, name * ROW];
      for (const column of [COUNT, TOTAL, INNER]) sums[to + column] += byLabel[from + column];
      if (byLabel[from + MAX] <= sums[to + MAX]) continue;
      sums[to + MAX] = byLabel[from + MAX];
      sums[to + LONGEST] = byLabel[from + LONGEST];
    }
    return sums;
  }

  /** Those with the largest totals. */
  statistics(kind: Kind): NameStatistics[] {
    const { texts } = this.#tables.data;
    const shown = this.#names
      .toSorted((a, b) => this.#of(b, TOTAL) - this.#of(a, TOTAL))
      .slice(0, MAX_NAMES);
    const quantiles = this.#quantiles(shown);
    return shown.map((name, place): NameStatistics => {
      const row = this.#sums.subarray(name * ROW, (name + 1) * ROW);
      const [count, total, inner, max, longest] = row;
      const category = this.#tables.category(longest);
      const self = kind === 'operations' ? null : Math.max(0, total - inner);
      const what = { name: texts[name], category, kind: KINDS[kind] };
      const [p50, p95, p99] = quantiles[place];
      return { ...what, count, total, self, mean: total / count, p50, p95, p99, max, longest };
    });
  }

  /** As `Durations` has them: exact where durations are few, and of many from buckets. */
  #quantiles(shown: readonly number[]): number[][] {
    const { texts } = this.#tables.data;
    /** By number of the name: where its durations begin, or its buckets; or -1. */
    const places = new Int32Array(texts.length).fill(-1);
    let [few, many] = [0, 0];
    for (const name of shown) {
      const count = this.#of(name, COUNT);
      if (count > MAX_EXACT) places[name] = BUCKETS * many++;
      else {
        places[name] = few;
        few += count;
      }
    }
    const durations = new Float64Array(few);
    const buckets = new Uint32Array(BUCKETS * many);
    const next = this.#placesOfLabels(places);
    for (const [first, end] of this.#places) this.#sortIn(first, end, next, durations, buckets);
    return shown.map((name) => {
      const [count, place] = [this.#of(name, COUNT), places[name]];
      const ranks = QUANTILES.map((part) => Math.max(1, Math.ceil(part * count)));
      if (count > MAX_EXACT) {
        const own = buckets.subarray(place, place + BUCKETS);
        return ranks.map((rank) => Math.min(this.#of(name, MAX), valueOfRank(own, rank)));
      }
      const own = durations.subarray(place, place + count);
      return ranks.map((rank) => valueOfRankAmong(own, rank));
    });
  }

  /**
   * For each label, as one number: a place among the durations, where its next one comes; or `-2 - place`,
   * where place is where the buckets of its name begin; or -1, where its name is not shown.
   */
  #placesOfLabels(ofNames: Int32Array): Int32Array {
    const { labelNames } = this.#tables.data;
    const next = ofNames.slice();
    return Int32Array.from(labelNames, (name, label) => {
      if (next[name] < 0) return -1;
      if (this.#of(name, COUNT) > MAX_EXACT) return -2 - next[name];
      const place = next[name];
      next[name] += this.#byLabel[label * ROW + COUNT];
      return place;
    });
  }

  #sortIn(
    first: number,
    end: number,
    next: Int32Array,
    durations: Float64Array,
    buckets: Uint32Array,
  ): void {
    const { starts, ends, labels, flags } = this.#tables.slices;
    const { from, to } = this.#range;
    for (let slice = first; slice < end; slice++) {
      const begin = starts[slice];
      const over = ends[slice];
      const label = labels[slice];
      const place = next[label];
      if (place === -1) continue;
      if ((flags[slice] & NOT_COUNTED) !== 0 || (begin === to && over > to)) continue;
      const time = Math.min(over, to) - Math.max(begin, from);
      if (place < 0) buckets[-2 - place + bucketOf(time)]++;
      else {
        durations[place] = time;
        next[label] = place + 1;
      }
    }
  }
}

function emptyRows(count: number): Float64Array {
  const rows = new Float64Array(count * ROW);
  for (let row = 0; row < rows.length; row += ROW) rows[row + MAX] = -1;
  return rows;
}

/**
 * Where the slices of tracks lie, in blocks: V8 makes better code of a function that is called often than
 * of a loop that it must replace while it runs.
 */
function placesOf(
  tables: Tables,
  tracks: readonly number[],
  { from, to }: Range,
): (readonly [first: number, end: number])[] {
  const places: (readonly [first: number, end: number])[] = [];
  for (const track of tracks) {
    const { firstLane, lanes } = tables.data.tracks[track];
    for (let lane = firstLane; lane < firstLane + lanes; lane++) {
      const [first, end] = tables.inTime(lane, from, to);
      for (let at = first; at < end; at += BLOCK) places.push([at, Math.min(end, at + BLOCK)]);
    }
  }
  return places;
}

/** Nanoseconds in which some slice of a thread was open. */
function busyTime(tables: Tables, track: number, { from, to }: Range): number {
  const { starts, ends, laneFirst } = tables.slices;
  const { firstLane, lanes } = tables.data.tracks[track];
  let busy = 0;
  let until = from;
  const add = (slice: number) => {
    const stop = Math.min(ends[slice], to);
    if (stop <= until) return;
    busy += stop - Math.max(starts[slice], until);
    until = stop;
  };
  // Slices of the other lanes lie in those of the first one, unless they overlap.
  const places = Array.from({ length: lanes }, (_, lane) => firstLane + lane)
    .filter((lane) => lane === firstLane || tables.has(laneFirst[lane], Flag.OVERLAPS))
    .map((lane) => tables.inTime(lane, from, to));
  if (places.length === 1) {
    // There may be millions, which are in order.
    for (const [first, end] of places) for (let slice = first; slice < end; slice++) add(slice);
  } else {
    const slices = places.flatMap(([first, end]) =>
      Array.from({ length: end - first }, (_, i) => first + i),
    );
    for (const slice of slices.sort((a, b) => starts[a] - starts[b])) add(slice);
  }
  return busy;
}

function counterStatistics(
  { data }: Tables,
  track: number,
  { from, to }: Range,
): Statistics['counters'][number][] {
  const { counter } = data.tracks[track];
  if (counter < 0) return [];
  const { series, times, values } = data.counters[counter];
  const first = Math.max(0, firstAbove(times, from) - 1);
  const end = firstAbove(times, to);
  if (first >= end) return [];
  return series.map((name, place) => {
    let [sum, time, max] = [0, 0, Number.NEGATIVE_INFINITY];
    for (let i = first; i < end; i++) {
      const value = values[place][i];
      const lasts =
        Math.min(i + 1 < times.length ? times[i + 1] : to, to) - Math.max(times[i], from);
      sum += value * lasts;
      time += lasts;
      max = Math.max(max, value);
    }
    return { track, series: name, mean: time > 0 ? sum / time : values[place][end - 1], max };
  });
}
