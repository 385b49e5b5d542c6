import { firstAbove } from '../../model/search.js';
import type { Counter } from '../asking/pictures.js';
import { css } from '../theme/colors.js';
import type { Inks } from '../theme/inks.js';
import { quantity } from '../time/words.js';
import type { Row } from '../tracks/track-list.js';
import { type View, xAt } from '../viewport/view.js';
import { FONT, type Sheet } from './scene.js';

const PAD = 4;

/** A counter as areas, stacked: each value holds until the next one. */
export function drawCounter(
  { context, width }: Sheet,
  view: View,
  inks: Inks,
  row: Row,
  y: number,
  { times, tops }: Counter,
  end: number,
): void {
  const { lowest, highest } = row.facts;
  const floor = Math.min(lowest, 0);
  const span = Math.max(highest, 0) - floor || 1;
  const room = row.height - 2 * PAD - 1;
  const heightAt = (value: number) => y + PAD + room - ((value - floor) / span) * room;
  const first = Math.max(firstAbove(times, view.from) - 1, 0);
  const last = Math.min(firstAbove(times, view.to, first) + 1, times.length);
  const base = heightAt(0);
  const right = Math.min(xAt(view, width, end), width + 2);
  // From the last: those that end nearer to zero are drawn over it.
  for (let series = tops.length - 1; series >= 0; series--) {
    const values = tops[series] as Float64Array;
    const fill = css(inks.palette.fills[(series * 3 + 2) % inks.palette.fills.length] ?? 0);
    context.fillStyle = fill;
    context.beginPath();
    let x = 0;
    for (let i = first; i < last; i++) {
      x = Math.max(xAt(view, width, times[i] ?? 0), -2);
      const top = heightAt(values[i] ?? 0);
      if (i === first) context.moveTo(x, base);
      else context.lineTo(x, heightAt(values[i - 1] ?? 0));
      context.lineTo(x, top);
    }
    if (last > first) {
      const x = last === times.length ? right : width + 2;
      context.lineTo(x, heightAt(values[last - 1] ?? 0));
      context.lineTo(x, base);
    }
    context.fill();
  }
  context.font = FONT;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const text = quantity(highest);
  context.fillStyle = inks.ground;
  context.globalAlpha = 0.75;
  context.fillRect(0, y + 2, context.measureText(text).width + 8, 14);
  context.globalAlpha = 1;
  context.fillStyle = inks.faint;
  context.fillText(text, 4, y + 4);
}
