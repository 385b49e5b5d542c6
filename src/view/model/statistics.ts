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

/**
 * Sums by name. The slices are gone over twice, as quantiles are made only for what is shown. Neither loop
 * calls anything much, or fills memory that grows with the slices: ten million are to be counted while a
 * person waits.
 */
class Sums {
  /** How many names there are. */
  readonly names: number;
  readonly #tables: Tables;
  readonly #range: Range;
  readonly #places: readonly (readonly [first: number, end: number])[];
  /** By number of the name. */
  readonly #counts: Uint32Array;
  readonly #totals: Float64Array;
  readonly #selfs: Float64Array;
  readonly #maxima: Float64Array;
  readonly #longest: Uint32Array;

  constructor(tables: Tables, tracks: readonly number[], range: Range) {
    this.#tables = tables;
    this.#range = range;
    this.#places = placesOf(tables, tracks, range);
    const names = tables.data.texts.length;
    this.#counts = new Uint32Array(names);
    this.#totals = new Float64Array(names);
    this.#selfs = new Float64Array(names);
    this.#maxima = new Float64Array(names).fill(-1);
    this.#longest = new Uint32Array(names).fill(NONE);
    for (const [first, end] of this.#places) this.#add(first, end);
    this.names = this.#counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  }

  #add(first: number, end: number): void {
    const [counts, totals, selfs] = [this.#counts, this.#totals, this.#selfs];
    const [maxima, longest] = [this.#maxima, this.#longest];
    const { slices, data } = this.#tables;
    const { starts, ends, labels, flags, parents } = slices;
    const { labelNames } = data;
    const { from, to } = this.#range;
    for (let slice = first; slice < end; slice++) {
      const begin = starts[slice];
      const over = ends[slice];
      // What begins with the end of the range is not in it.
      if ((flags[slice] & NOT_COUNTED) !== 0 || (begin === to && over > to)) continue;
      const start = Math.max(begin, from);
      const stop = Math.min(over, to);
      const time = stop - start;
      const name = labelNames[labels[slice]];
      counts[name]++;
      totals[name] += time;
      selfs[name] += time;
      if (time > maxima[name]) {
        maxima[name] = time;
        longest[name] = slice;
      }
      const parent = parents[slice];
      if (parent === NONE || (flags[parent] & Flag.UNFINISHED) !== 0) continue;
      selfs[labelNames[labels[parent]]] -= Math.min(ends[parent], stop) - start;
    }
  }

  /** Those with the largest totals. */
  statistics(kind: Kind): NameStatistics[] {
    const { texts } = this.#tables.data;
    const shown = Array.from(this.#counts.keys())
      .filter((name) => this.#counts[name] > 0)
      .sort((a, b) => this.#totals[b] - this.#totals[a])
      .slice(0, MAX_NAMES);
    const quantiles = this.#quantiles(shown);
    return shown.map((name, place): NameStatistics => {
      const [count, total, max] = [this.#counts[name], this.#totals[name], this.#maxima[name]];
      const longest = this.#longest[name];
      const category = this.#tables.category(longest);
      const self = kind === 'operations' ? null : Math.max(0, this.#selfs[name]);
      const what = { name: texts[name], category, kind: KINDS[kind] };
      const [p50, p95, p99] = quantiles[place];
      return { ...what, count, total, self, mean: total / count, p50, p95, p99, max, longest };
    });
  }

  /** As `Durations` has them: exact where durations are few, and of many from buckets. */
  #quantiles(shown: readonly number[]): number[][] {
    const { slices, data } = this.#tables;
    const { starts, ends, labels, flags } = slices;
    const { labelNames } = data;
    const { from, to } = this.#range;
    /** By number of the name: where its next duration comes, or where its buckets begin; or -1. */
    const next = new Int32Array(data.texts.length).fill(-1);
    const rows = new Int32Array(data.texts.length).fill(-1);
    let [few, many] = [0, 0];
    for (const name of shown) {
      if (this.#counts[name] > MAX_EXACT) rows[name] = BUCKETS * many++;
      else {
        next[name] = few;
        few += this.#counts[name];
      }
    }
    const durations = new Float64Array(few);
    const buckets = new Uint32Array(BUCKETS * many);
    for (const [first, end] of this.#places) {
      for (let slice = first; slice < end; slice++) {
        const begin = starts[slice];
        const over = ends[slice];
        if ((flags[slice] & NOT_COUNTED) !== 0 || (begin === to && over > to)) continue;
        const time = Math.min(over, to) - Math.max(begin, from);
        const name = labelNames[labels[slice]];
        const row = rows[name];
        if (row >= 0) buckets[row + bucketOf(time)]++;
        else if (next[name] >= 0) durations[next[name]++] = time;
      }
    }
    return shown.map((name) => {
      const [count, row] = [this.#counts[name], rows[name]];
      const ranks = QUANTILES.map((part) => Math.max(1, Math.ceil(part * count)));
      if (row >= 0) {
        const own = buckets.subarray(row, row + BUCKETS);
        return ranks.map((rank) => Math.min(this.#maxima[name], valueOfRank(own, rank)));
      }
      const own = durations.subarray(next[name] - count, next[name]);
      return ranks.map((rank) => valueOfRankAmong(own, rank));
    });
  }
}

function placesOf(
  tables: Tables,
  tracks: readonly number[],
  { from, to }: Range,
): (readonly [first: number, end: number])[] {
  return tracks.flatMap((track) => {
    const { firstLane, lanes } = tables.data.tracks[track];
    return Array.from({ length: lanes }, (_, lane) => tables.inTime(firstLane + lane, from, to));
  });
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
