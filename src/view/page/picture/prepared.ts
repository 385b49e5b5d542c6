import { firstAbove } from '../../model/search.js';
import type { CounterPicture, Picture, SlicesPicture } from '../../wire/questions.js';
import { colorIndex } from '../theme/colors.js';

/** The segments of a track, ready to be drawn again and again. */
export interface Segments extends SlicesPicture {
  readonly texts: readonly string[];
  /** Where the segments of each lane begin, and where those of the last one end. */
  readonly laneStarts: Uint32Array;
  /** For each segment, the latest end of it and those before it in its lane. */
  readonly latestEnds: Float64Array;
  /** For each text, which of a number of colours it has. */
  readonly colors: Uint8Array;
}

/** Made once for all tracks of an answer. */
export function colorsOf(picture: Picture, colors: number): Uint8Array {
  return Uint8Array.from(picture.texts, (text) => colorIndex(text, colors));
}

export function prepare(
  slices: SlicesPicture,
  texts: readonly string[],
  colors: Uint8Array,
): Segments {
  const { lanes, ends } = slices;
  const laneCount = lanes.length === 0 ? 0 : (lanes[lanes.length - 1] ?? 0) + 1;
  const laneStarts = new Uint32Array(laneCount + 1);
  const latestEnds = new Float64Array(lanes.length);
  let lane = -1;
  let latest = 0;
  for (let i = 0; i < lanes.length; i++) {
    const end = ends[i] ?? 0;
    const its = lanes[i] ?? 0;
    if (its === lane) latest = Math.max(latest, end);
    else {
      while (lane < its) laneStarts[++lane] = i;
      latest = end;
    }
    latestEnds[i] = latest;
  }
  laneStarts[laneCount] = lanes.length;
  return { ...slices, texts, laneStarts, latestEnds, colors };
}

/** The first segment between two places that ends after a time, by binary search. */
export function firstAfter(segments: Segments, first: number, end: number, time: number): number {
  return firstAbove(segments.latestEnds, time, first, end);
}

/**
 * How far from zero the areas of series end that are stacked: what is above zero on top of each other, what
 * is below it under each other. So each is as high as its value.
 */
export function stacked({ values, times }: CounterPicture): Float64Array[] {
  const above = new Float64Array(times.length);
  const below = new Float64Array(times.length);
  return values.map((series) =>
    Float64Array.from(times, (_, i) => {
      const value = series[i] ?? 0;
      const side = value < 0 ? below : above;
      side[i] = (side[i] ?? 0) + value;
      return side[i] ?? 0;
    }),
  );
}
