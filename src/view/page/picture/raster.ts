import { Flag } from '../../wire/questions.js';
import type { Palette, Pixel } from '../theme/colors.js';
import type { View } from '../viewport/view.js';
import { firstAfter, type Segments } from './prepared.js';

/** How slices look. */
export interface Look {
  readonly palette: Palette;
  readonly byCategory: boolean;
  /** Whether what does not belong to an operation is grey. */
  readonly dims: boolean;
  readonly failed: Pixel;
  /** From how many pixels on a slice gets its name. */
  readonly labelFrom: number;
  /** How many pixels an unfinished slice takes to fade out. */
  readonly fade: number;
}

/** Segments of a lane that want more than a colour, where they are wide enough for it. */
export interface Wide {
  /** Places in the segments, and where they begin and end, in pixels. */
  readonly labels: number[];
  readonly failed: number[];
  readonly instants: number[];
}

/** From how many pixels on the edge of a slice is drawn in a colour of its own. */
const EDGED = 3;
const STRIPES = 6;

/**
 * Draws one lane as a row of pixels, which is stretched to its height later: of all ways without a
 * graphics card this is the fastest by far. Where several slices share a pixel, the longest has it.
 */
export function paintLane(
  row: Uint32Array,
  segments: Segments,
  lane: number,
  view: View,
  look: Look,
  wide: Wide,
): void {
  const { starts, ends, flags, laneStarts, names, categories, colors } = segments;
  const { palette, dims } = look;
  const width = row.length;
  const scale = width / (view.to - view.from);
  const texts = look.byCategory ? categories : names;
  const end = laneStarts[lane + 1] ?? 0;
  let taken = 0;
  let longest = 0;
  for (let i = firstAfter(segments, laneStarts[lane] ?? 0, end, view.from); i < end; i++) {
    const start = starts[i] ?? 0;
    if (start >= view.to) break;
    const until = ends[i] ?? 0;
    // A long slice may stand before it in the lane, which goes on to here.
    if (until < view.from) continue;
    const flag = flags[i] ?? 0;
    if (flag & Flag.INSTANT) {
      wide.instants.push(i, Math.round((start - view.from) * scale), 0);
      continue;
    }
    const rawLeft = Math.round((start - view.from) * scale);
    const rawRight = Math.max(Math.round((until - view.from) * scale), rawLeft + 1);
    let left = Math.max(rawLeft, 0);
    const right = Math.min(rawRight, width);
    if (left < taken && until - start <= longest) left = taken;
    if (left >= right) continue;
    longest = until - start;
    taken = right;

    const color = colors[texts[i] ?? 0] ?? 0;
    const isDimmed = dims && (flag & Flag.BELONGS) === 0;
    const hasFailed = (flag & Flag.FAILED) !== 0 && !isDimmed;
    let fill = isDimmed ? palette.dimmed : (palette.fills[color] ?? 0);
    const edge = isDimmed ? palette.dimmedEdge : (palette.edges[color] ?? 0);
    const pixels = right - left;
    if (hasFailed && pixels <= EDGED) fill = look.failed;
    row.fill(fill, left, right);
    if (pixels >= EDGED && left === rawLeft) row[left] = edge;
    if (flag & Flag.OVERLAPS)
      for (let x = right - 1 - ((right - 1 - rawLeft) % STRIPES); x >= left; x -= STRIPES)
        row[x] = edge;
    if (flag & Flag.UNFINISHED)
      fade(row, left, right, rawRight, Math.min(look.fade, (rawRight - rawLeft) / 2));
    if (pixels >= look.labelFrom) wide.labels.push(i, left, right);
    if (hasFailed && pixels > EDGED) wide.failed.push(i, left, right);
  }
}

/** Lets the end of a slice become transparent, as nobody knows where it is. */
function fade(row: Uint32Array, left: number, right: number, end: number, over: number): void {
  for (let x = Math.max(left, end - over); x < right; x++) {
    const alpha = Math.round(255 * (0.15 + (0.85 * (end - x)) / over));
    row[x] = (((row[x] ?? 0) & 0xffffff) | (Math.min(alpha, 255) << 24)) >>> 0;
  }
}
