import { Flag, type SliceFacts } from '../../wire/questions.js';
import type { Session } from '../session.js';
import { laneAt, lanesIn, PAD, type Row, rowAt } from '../tracks/track-list.js';
import { timeAt } from '../viewport/view.js';
import { firstAfter, type Segments } from './prepared.js';

/** How far from a slice, in pixels, the mouse may be and still mean it. */
const REACH = 3;
const SNAP = 6;

/** The row at a height of the picture, and how far below its top that is. */
export function rowUnder(session: Session, y: number): { row: Row; inside: number } | undefined {
  const { rows, scrollTop } = session;
  const isPinned = y < rows.pinnedHeight;
  const at = isPinned ? y : y - rows.pinnedHeight + scrollTop;
  const row = rowAt(isPinned ? rows.pinned : rows.rows, at);
  return row && { row, inside: at - row.top };
}

/** The slice under the mouse. */
export function sliceUnder(session: Session, x: number, y: number): SliceFacts | undefined {
  const under = rowUnder(session, y);
  if (under === undefined) return undefined;
  const { row, inside } = under;
  const segments = session.pictures.segments(row.facts.track);
  const place = Math.floor((inside - PAD) / row.laneHeight);
  const lane = laneAt(row, place);
  if (segments === undefined || lane === undefined) return undefined;
  if (place < 0 || place >= lanesIn(row)) return undefined;
  const { view, width } = session;
  const reach = (REACH * (view.to - view.from)) / width;
  const at = nearest(segments, lane, timeAt(view, width, x), reach);
  return at === undefined ? undefined : factsOf(segments, at);
}

function factsOf(segments: Segments, at: number): SliceFacts {
  const { track, slices, lanes, starts, ends, names, categories, texts, flags } = segments;
  const start = starts[at] ?? 0;
  const isOpen = ((flags[at] ?? 0) & Flag.UNFINISHED) !== 0;
  return {
    track,
    slice: slices[at] ?? 0,
    lane: lanes[at] ?? 0,
    name: texts[names[at] ?? 0] ?? '',
    category: texts[categories[at] ?? 0] ?? '',
    start,
    duration: isOpen ? null : (ends[at] ?? 0) - start,
  };
}

/** How many slices a drawn segment stands for is not known; that it is several is. */
export function isJoined(session: Session, { track, slice }: SliceFacts): boolean {
  const segments = session.pictures.segments(track);
  const at = segments?.slices.indexOf(slice) ?? -1;
  return at >= 0 && ((segments?.flags[at] ?? 0) & Flag.JOINED) !== 0;
}

/** The segment at a time, or the nearest one within reach. Instants lie over slices. */
function nearest(
  segments: Segments,
  lane: number,
  time: number,
  reach: number,
): number | undefined {
  const { starts, ends, flags, laneStarts } = segments;
  const end = laneStarts[lane + 1] ?? 0;
  let best: number | undefined;
  let distance = reach;
  for (let i = firstAfter(segments, laneStarts[lane] ?? 0, end, time - 2 * reach); i < end; i++) {
    const start = starts[i] ?? 0;
    if (start > time + 2 * reach) break;
    const isInstant = ((flags[i] ?? 0) & Flag.INSTANT) !== 0;
    const away = Math.max(start - time, time - (ends[i] ?? 0), isInstant ? -1 : 0);
    // On an instant's sign one means it, and not what lies under it.
    const counts = isInstant ? Math.abs(start - time) - reach : away;
    if (counts <= distance) {
      distance = counts;
      best = i;
    }
  }
  return best;
}

/** A time, or the edge of a slice in that row if one is close. */
export function snapped(session: Session, x: number, y: number): number {
  const { view, width } = session;
  const time = timeAt(view, width, x);
  const under = rowUnder(session, y);
  const segments = under && session.pictures.segments(under.row.facts.track);
  if (under === undefined || segments === undefined) return Math.round(time);
  const lane = laneAt(under.row, Math.floor((under.inside - PAD) / under.row.laneHeight));
  if (lane === undefined) return Math.round(time);
  return edgeNear(segments, lane, time, (SNAP * (view.to - view.from)) / width) ?? Math.round(time);
}

/** The edge of a slice in a lane that is nearest to a time, if it is within reach. */
function edgeNear(
  segments: Segments,
  lane: number,
  time: number,
  reach: number,
): number | undefined {
  const { starts, ends, laneStarts } = segments;
  const end = laneStarts[lane + 1] ?? 0;
  let best: number | undefined;
  for (
    let i = firstAfter(segments, laneStarts[lane] ?? 0, end, time - reach);
    i < end && (starts[i] ?? 0) <= time + reach;
    i++
  )
    for (const edge of [starts[i] ?? 0, ends[i] ?? 0]) {
      const away = Math.abs(edge - time);
      if (away <= reach && (best === undefined || away < Math.abs(best - time))) best = edge;
    }
  return best;
}

/** What of the view a range takes in: the tracks between two heights, and all under closed ones. */
export function tracksBetween(session: Session, y1: number, y2: number): number[] {
  const { rows, scrollTop, tracks } = session;
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  const within = (row: Row, y: number) => y < bottom && y + row.height > top;
  const touched = [
    ...rows.pinned.filter((row) => within(row, row.top)),
    ...rows.rows.filter((row) => {
      const y = row.top - scrollTop + rows.pinnedHeight;
      return within(row, y) && bottom > rows.pinnedHeight;
    }),
  ];
  const numbers = touched.flatMap(({ facts, isOpen }) =>
    isOpen && facts.kind !== 'process' ? [facts.track] : tracks.under(facts.track),
  );
  return [...new Set(numbers)];
}
