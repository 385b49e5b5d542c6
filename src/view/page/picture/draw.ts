import { Flag } from '../../wire/questions.js';
import { css } from '../theme/colors.js';
import type { Inks } from '../theme/inks.js';
import {
  LANE,
  laneAt,
  lanesIn,
  PAD,
  placeOf,
  type Row,
  visibleRows,
} from '../tracks/track-list.js';
import { drawArrows } from './arrows.js';
import { drawCounter } from './counters.js';
import { byCharacter, fitted, type Measure } from './labels.js';
import { drawGaps, drawRange, outline } from './overlays.js';
import type { Segments } from './prepared.js';
import { type Look, paintLane, type Wide } from './raster.js';
import { FONT, type Scene, type Sheet } from './scene.js';

const LABEL_FROM = 26;
const FADE = 48;
/** How wide the sign of an instant is. */
const INSTANT = 7;
/** Marks of failures in one lane: more would only be a line. */
const MARKS = 400;

/** A row, and where its top is on the screen. */
interface Placed {
  readonly row: Row;
  readonly y: number;
}

/** One row of pixels, with a lane in it, or several where lanes are lower than a pixel. */
interface Stripe {
  readonly row: Row;
  readonly segments: Segments;
  /** Places of lanes in the row. */
  readonly first: number;
  readonly end: number;
  readonly top: number;
  readonly height: number;
  readonly isSqueezed: boolean;
  readonly wide: Wide;
}

/** Draws tracks. One for a canvas: it keeps what it draws with. */
export class Painter {
  readonly #strip = document.createElement('canvas');
  readonly #stripContext = this.#strip.getContext('2d') as CanvasRenderingContext2D;
  #image: ImageData | undefined;
  #measure: Measure | undefined;

  draw(sheet: Sheet, scene: Scene, inks: Inks): void {
    const { context, width, height, density } = sheet;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.fillStyle = inks.ground;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    const { pinned, pinnedHeight } = scene.rows;
    const scrolled = visibleRows(scene.rows, scene.scrollTop, height).map((row) => ({
      row,
      y: row.top - scene.scrollTop + pinnedHeight,
    }));
    context.save();
    context.beginPath();
    context.rect(0, pinnedHeight, width, height - pinnedHeight);
    context.clip();
    this.#drawRows(sheet, scene, inks, scrolled);
    context.restore();
    if (pinned.length > 0) {
      const fixed = pinned.map((row) => ({ row, y: row.top }));
      context.save();
      context.beginPath();
      context.rect(0, 0, width, pinnedHeight);
      context.clip();
      this.#drawRows(sheet, scene, inks, fixed);
      context.restore();
      context.fillStyle = inks.accent;
      context.fillRect(0, pinnedHeight - 1, width, 1);
    }
    drawGaps(sheet, scene, inks);
    drawArrows(sheet, scene, inks, (track, lane) => laneMiddle(scene, track, lane));
    drawRange(sheet, scene, inks);
  }

  #drawRows(sheet: Sheet, scene: Scene, inks: Inks, placed: readonly Placed[]): void {
    const { context, width, density } = sheet;
    for (const { row, y } of placed) {
      if (row.facts.kind === 'process') {
        context.fillStyle = inks.raised;
        context.fillRect(0, y, width, row.height);
      }
      context.fillStyle = inks.line;
      context.fillRect(0, y + row.height - 1, width, 1);
      const counter = scene.pictures.counter(row.facts.track);
      if (counter) drawCounter(sheet, scene.view, inks, row, y, counter, scene.end);
    }
    const stripes = placed.flatMap(({ row, y }) => stripesOf(scene, sheet, row, y));
    const pixels = Math.round(width * density);
    if (stripes.length === 0 || pixels === 0) return;
    const image = this.#imageOf(pixels, stripes.length);
    const all = new Uint32Array(image.data.buffer);
    all.fill(0);
    const look: Look = {
      ...{ palette: inks.palette, failed: inks.failed },
      ...{ byCategory: scene.byCategory, dims: scene.dims },
      labelFrom: LABEL_FROM * density,
      fade: FADE * density,
    };
    for (const [at, { row, segments, first, end, wide }] of stripes.entries()) {
      const pixelRow = all.subarray(at * pixels, (at + 1) * pixels);
      for (let place = first; place < end; place++)
        paintLane(pixelRow, segments, laneAt(row, place) ?? 0, scene.view, look, wide);
    }
    this.#stripContext.putImageData(image, 0, 0, 0, 0, pixels, stripes.length);
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [at, { top, height }] of stripes.entries()) {
      const y = Math.round(top * density);
      const gap = height > 4 ? 1 : 0;
      const tall = Math.max(Math.round((top + height) * density) - y - gap, 1);
      context.drawImage(this.#strip, 0, at, pixels, 1, 0, y, pixels, tall);
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    for (const stripe of stripes)
      if (!stripe.isSqueezed) this.#drawWide(sheet, scene, inks, stripe);
    for (const slice of [scene.hovered, scene.selected]) {
      const of = placed.find(({ row }) => row.facts.track === slice?.track);
      if (slice && of) outline(sheet, scene, inks, of.row, of.y, slice, slice === scene.selected);
    }
  }

  #drawWide(sheet: Sheet, scene: Scene, inks: Inks, stripe: Stripe): void {
    const { context, density, width } = sheet;
    const { top, height } = stripe;
    const { flags, names, categories, texts, colors } = stripe.segments;
    const { palette } = inks;
    const { failed, instants, labels } = stripe.wide;
    context.fillStyle = inks.error;
    for (let i = 0; i < failed.length && i < 3 * MARKS; i += 3) {
      const [left = 0, right = 0] = [failed[i + 1], failed[i + 2]];
      context.fillRect(left / density, top + height - 3, (right - left) / density, 2);
    }
    const by = scene.byCategory ? categories : names;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < instants.length; i += 3) {
      const [at = 0, from = 0] = [instants[i], instants[i + 1]];
      const x = from / density;
      // Of many in one place, the first has a sign: more of them would only be a black bar.
      if (x - last < INSTANT) continue;
      last = x;
      const flag = flags[at] ?? 0;
      const isDimmed = scene.dims && (flag & Flag.BELONGS) === 0;
      const edge = palette.edges[colors[by[at] ?? 0] ?? 0] ?? 0;
      context.fillStyle = isDimmed ? inks.line : flag & Flag.FAILED ? inks.error : css(edge);
      context.beginPath();
      context.moveTo(x - INSTANT / 2, top);
      context.lineTo(x + INSTANT / 2, top);
      context.lineTo(x + 0.5, top + INSTANT);
      context.lineTo(x + 0.5, top + height - 2);
      context.lineTo(x - 0.5, top + height - 2);
      context.lineTo(x - 0.5, top + INSTANT);
      context.fill();
    }
    context.font = FONT;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const measure = this.#measureOf(context);
    const middle = top + (height - 1) / 2 + 0.5;
    for (let i = 0; i < labels.length; i += 3) {
      const [at = 0, from = 0, to = 0] = [labels[i], labels[i + 1], labels[i + 2]];
      // Only the part that is seen counts: the name of a slice that goes on to the left stays readable.
      const left = from / density + 4;
      const room = Math.min(to / density, width) - left - 3;
      const text = fitted(texts[names[at] ?? 0] ?? '', room, measure);
      if (text === '') continue;
      const isDimmed = scene.dims && ((flags[at] ?? 0) & Flag.BELONGS) === 0;
      context.fillStyle = isDimmed
        ? palette.dimmedInk
        : (palette.inks[colors[by[at] ?? 0] ?? 0] ?? inks.text);
      context.fillText(text, left, middle);
    }
  }

  #measureOf(context: CanvasRenderingContext2D): Measure {
    this.#measure ??= byCharacter((character) => context.measureText(character).width);
    return this.#measure;
  }

  #imageOf(width: number, lanes: number): ImageData {
    const image = this.#image;
    if (image !== undefined && image.width === width && image.height >= lanes) return image;
    // Some lanes more than now, so that scrolling does not make a new one each time.
    const height = lanes + 16;
    this.#strip.width = width;
    this.#strip.height = height;
    this.#image = new ImageData(width, height);
    return this.#image;
  }
}

/** The lanes of a track that are on the screen, each by itself unless they are too low for that. */
function stripesOf(scene: Scene, sheet: Sheet, row: Row, y: number): Stripe[] {
  const segments = scene.pictures.segments(row.facts.track);
  if (segments === undefined) return [];
  const { laneHeight } = row;
  const lanes = lanesIn(row);
  const top = y + PAD;
  const together = Math.max(1, Math.floor(1 / (laneHeight * sheet.density)));
  const last = Math.min(Math.ceil((sheet.height - top) / laneHeight), lanes);
  const stripes: Stripe[] = [];
  for (let first = Math.max(0, Math.floor(-top / laneHeight)); first < last; first += together)
    stripes.push({
      ...{ row, segments, first, end: Math.min(first + together, lanes) },
      ...{ top: top + first * laneHeight, height: laneHeight * together },
      isSqueezed: laneHeight < LANE,
      wide: { labels: [], failed: [], instants: [] },
    });
  return stripes;
}

/** The height of a lane on the screen; undefined where it is not to be seen. */
function laneMiddle(scene: Scene, track: number, lane: number): number | undefined {
  const pinned = scene.rows.pinned.find(({ facts }) => facts.track === track);
  const row = pinned ?? scene.rows.rows.find(({ facts }) => facts.track === track);
  if (row === undefined) return undefined;
  const top = pinned ? row.top : row.top - scene.scrollTop + scene.rows.pinnedHeight;
  const place = placeOf(row, lane);
  return place === undefined ? undefined : top + PAD + (place + 0.5) * row.laneHeight;
}
