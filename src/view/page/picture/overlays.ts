import type { SliceFacts } from '../../wire/questions.js';
import type { Inks } from '../theme/inks.js';
import { PAD, placeOf, type Row } from '../tracks/track-list.js';
import { xAt } from '../viewport/view.js';
import type { Scene, Sheet } from './scene.js';

/** What lies over the tracks. */

export function drawGaps({ context, width, height }: Sheet, scene: Scene, inks: Inks): void {
  for (const gap of scene.gaps) {
    const left = Math.max(xAt(scene.view, width, gap.start), 0);
    const right = Math.min(Math.max(xAt(scene.view, width, gap.end), left + 2), width);
    if (right <= 0 || left >= width) continue;
    hatch(context, left, 0, right - left, height, inks.faint);
  }
}

/** Lines at an angle, which no slice has. */
function hatch(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  color: string,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = color;
  context.globalAlpha = 0.35;
  context.lineWidth = 1;
  context.beginPath();
  // A bound on the lines, whatever the size.
  const step = Math.max(8, (width + height) / 400);
  for (let x = left - height; x < left + width; x += step) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

/** What is selected is framed, and what the mouse is on. */
export function outline(
  { context, width, density }: Sheet,
  { view, end }: Scene,
  inks: Inks,
  row: Row,
  y: number,
  slice: SliceFacts,
  isSelected: boolean,
): void {
  const until = slice.duration === null ? end : slice.start + slice.duration;
  const left = Math.round(xAt(view, width, slice.start) * density) / density;
  const right = Math.round(xAt(view, width, until) * density) / density;
  const place = placeOf(row, slice.lane);
  if (place === undefined) return;
  const top = y + PAD + place * row.laneHeight;
  const [from, to] = [Math.max(left, -4), Math.min(Math.max(right, left + 1), width + 4)];
  if (to < 0 || from > width) return;
  const height = Math.max(row.laneHeight - 1, 2);
  if (!isSelected) {
    context.fillStyle = inks.text;
    context.globalAlpha = 0.14;
    context.fillRect(from, top, to - from, height);
    context.globalAlpha = 1;
    return;
  }
  context.lineWidth = 2;
  context.strokeStyle = inks.ground;
  context.strokeRect(from - 2, top - 2, to - from + 4, height + 4);
  context.strokeStyle = inks.accent;
  context.strokeRect(from - 1, top - 1, to - from + 2, height + 2);
}

/** The range that is selected, the marks, and where the mouse is. */
export function drawRange({ context, width, height }: Sheet, scene: Scene, inks: Inks): void {
  const { range, view, marks, cursor } = scene;
  if (range !== undefined) {
    const left = xAt(view, width, range.from);
    const right = xAt(view, width, range.to);
    context.fillStyle = inks.shade;
    context.fillRect(-1, 0, Math.max(left, -1) + 1, height);
    context.fillRect(right, 0, Math.max(width - right, 0), height);
    context.fillStyle = inks.accent;
    for (const x of [left, right]) context.fillRect(Math.round(x) - 0.5, 0, 1, height);
  }
  context.fillStyle = inks.error;
  for (const time of marks) context.fillRect(Math.round(xAt(view, width, time)), 0, 1, height);
  if (cursor === undefined) return;
  context.fillStyle = inks.faint;
  context.globalAlpha = 0.5;
  context.fillRect(Math.round(xAt(view, width, cursor)), 0, 1, height);
  context.globalAlpha = 1;
}
