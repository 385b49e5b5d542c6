import type { Inks } from '../theme/inks.js';
import { xAt } from '../viewport/view.js';
import type { Scene, Sheet } from './scene.js';

/** More would take a frame's time, and say nothing. */
const MOST = 300;

/** The flows of what is selected, as curves with a head. */
export function drawArrows(
  { context, width, height }: Sheet,
  { flows, view }: Scene,
  inks: Inks,
  heightOf: (track: number, lane: number) => number | undefined,
): void {
  context.strokeStyle = inks.accent;
  context.fillStyle = inks.accent;
  context.lineWidth = 1.5;
  for (const { from, to, start, end } of flows.slice(0, MOST)) {
    const y1 = heightOf(from.track, from.lane);
    const y2 = heightOf(to.track, to.lane);
    if (y1 === undefined || y2 === undefined) continue;
    if (Math.max(y1, y2) < 0 || Math.min(y1, y2) > height) continue;
    const x1 = bounded(xAt(view, width, start), width);
    const x2 = bounded(xAt(view, width, end), width);
    const bend = Math.max(20, Math.min(Math.abs(x2 - x1) / 2, 120));
    context.beginPath();
    context.moveTo(x1, y1);
    context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2 - 5, y2);
    context.stroke();
    context.beginPath();
    context.moveTo(x2, y2);
    context.lineTo(x2 - 7, y2 - 4);
    context.lineTo(x2 - 7, y2 + 4);
    context.fill();
  }
}

/** A canvas draws badly what is far outside of it. */
function bounded(x: number, width: number): number {
  return Math.min(Math.max(x, -width), 2 * width);
}
