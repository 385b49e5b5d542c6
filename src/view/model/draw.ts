import {
  type CounterPicture,
  type DrawQuestion,
  Flag,
  type Picture,
  type SlicesPicture,
} from '../wire/questions.js';
import { firstAbove, firstFrom, firstFromNear } from './search.js';
import { Segments } from './segments.js';
import type { Tables } from './tables.js';

/** The time of a picture, cut into pixels. */
interface Grid {
  readonly from: number;
  readonly to: number;
  /** Nanoseconds of a pixel. */
  readonly width: number;
}

/**
 * What some tracks show of a time, for a picture of so many pixels. What is narrower than a pixel is
 * joined with what else begins in the same one; the longest of them gives the name. So an answer grows
 * with the picture, and not with the trace.
 *
 * @param belonging Slices that have `BELONGS`, ascending.
 */
export function draw(
  tables: Tables,
  version: number,
  { from, to, pixels, tracks }: DrawQuestion,
  belonging: Uint32Array,
): Picture {
  const { data } = tables;
  const used = new UsedTexts(data.texts);
  const textsOf = (label: number): readonly [number, number] => [
    used.place(data.labelNames[label]),
    used.place(data.labelCategories[label]),
  ];
  const grid: Grid = { from, to, width: (to - from) / pixels };
  const segments = new Segments();
  const slices: SlicesPicture[] = [];
  const counters: CounterPicture[] = [];
  for (const track of new Set(tracks)) {
    const { counter, firstLane, lanes } = data.tracks[track];
    if (counter >= 0) counters.push(drawCounter(tables, counter, grid));
    if (lanes === 0) continue;
    segments.clear();
    for (let lane = 0; lane < lanes; lane++) {
      drawLane(tables, firstLane, lane, grid, belonging, segments);
    }
    slices.push(segments.picture(track, textsOf));
  }
  return { version, texts: used.texts, slices, counters };
}

/** The texts of a picture, each once. */
class UsedTexts {
  readonly texts: string[] = [];
  readonly #all: readonly string[];
  readonly #places = new Map<number, number>();

  constructor(all: readonly string[]) {
    this.#all = all;
  }

  place(text: number): number {
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.texts.push(this.#all[text]) - 1;
      this.#places.set(text, place);
    }
    return place;
  }
}

function drawLane(
  tables: Tables,
  firstLane: number,
  lane: number,
  { from, to, width }: Grid,
  belonging: Uint32Array,
  segments: Segments,
): void {
  const { starts, ends, labels, flags } = tables.slices;
  const [first, end] = tables.inTime(firstLane + lane, from, to);
  let member = firstFrom(belonging, first);
  /** Whether one of these slices belongs to what was asked for. */
  const belongs = (last: number, slice: number): number => {
    while (member < belonging.length && belonging[member] < slice) member++;
    return belonging[member] <= last ? Flag.BELONGS : 0;
  };
  for (let slice = first; slice < end; ) {
    const start = starts[slice];
    const pixel = Math.max(0, Math.floor((start - from) / width));
    const edge = from + (pixel + 1) * width;
    let next = slice + 1;
    if (ends[slice] - start < width) {
      next = Math.max(next, firstFromNear(starts, edge, slice, end));
      // The last one of a pixel may be long.
      if (next - slice > 1 && ends[next - 1] - starts[next - 1] >= width) next--;
    }
    if (next - slice === 1) {
      const own = flags[slice] | belongs(slice, slice);
      segments.add(lane, start, ends[slice], labels[slice], slice, own);
    } else {
      const longest = tables.longest.largest(slice, next - 1);
      const joined = (flags[longest] & ~Flag.INSTANT) | Flag.JOINED | belongs(next - 1, slice);
      const left = from + pixel * width;
      if (segments.endsWith(lane, left, labels[longest], joined)) segments.extend(edge);
      else segments.add(lane, left, edge, labels[longest], longest, joined);
    }
    slice = next;
  }
}

/** Where several values lie in a pixel, the highest, and the last, which is the one that goes on. */
function drawCounter(tables: Tables, counter: number, { from, to, width }: Grid): CounterPicture {
  const { track, times, values } = tables.data.counters[counter];
  const highest = tables.highest(counter);
  const shown: number[] = [];
  const shownAt: number[] = [];
  const show = (place: number, time: number): void => {
    shown.push(place);
    shownAt.push(time);
  };
  const end = firstAbove(times, to);
  for (let place = Math.max(0, firstAbove(times, from) - 1); place < end; ) {
    const time = times[place];
    const pixel = Math.max(0, Math.floor((time - from) / width));
    const next =
      time < from
        ? place + 1
        : Math.max(place + 1, firstFromNear(times, from + (pixel + 1) * width, place, end));
    show(highest.largest(place, next - 1), time);
    if (next - place > 1) show(next - 1, times[next - 1]);
    place = next;
  }
  return {
    track,
    times: Float64Array.from(shownAt),
    values: values.map((series) => Float64Array.from(shown, (place) => series[place])),
  };
}
