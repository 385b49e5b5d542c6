import { useEffect, useRef } from 'preact/hooks';
import { listenToPointer } from '../input/pointer.js';
import { listenToWheel } from '../input/wheel.js';
import { sheetOf } from '../picture/canvas.js';
import { FONT } from '../picture/scene.js';
import type { Session } from '../session.js';
import { type Inks, readInks } from '../theme/inks.js';
import { ticks } from '../viewport/ruler.js';
import { lengthOf, xAt } from '../viewport/view.js';
import { duration, moment, timeOfDay } from './words.js';

/** Two texts of the ruler are so many pixels apart, from left to left. */
const DISTANCE = 110;

/** Times over the picture, the length of the range, and the time that the mouse is at. */
export function Ruler({ session }: { session: Session }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const drawn = canvas.current as HTMLCanvasElement;
    let inks: Inks | undefined;
    const ends = [
      session.onChange((withPanels) => {
        if (withPanels) inks = undefined;
        inks ??= readInks(drawn, session.theme);
        draw(session, drawn, inks);
      }),
      listenToPointer(drawn, session, { hasTracks: false }),
      listenToWheel(drawn, session),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [session]);
  return <canvas class="ruler" ref={canvas} role="img" aria-label="Times" />;
}

/** A time as the user wants times. */
export function momentOf(
  { isAbsolute, facts }: Session,
  time: number,
  step: number,
  latest?: number,
): string {
  return isAbsolute && facts.wallClock !== undefined
    ? timeOfDay(time, facts.wallClock, step)
    : moment(time, step, latest);
}

function draw(session: Session, canvas: HTMLCanvasElement, inks: Inks): void {
  const sheet = sheetOf(canvas);
  if (sheet === undefined) return;
  const { context, width, height, density } = sheet;
  const { view, range, marks } = session;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.fillStyle = inks.raised;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const tags = tagsOf(session, context, width, inks);
  const { times, step } = ticks(view, width, session.isAbsolute ? DISTANCE + 30 : DISTANCE);
  for (const time of times) {
    const x = Math.round(xAt(view, width, time));
    context.fillStyle = inks.line;
    context.fillRect(x, 0, 1, height);
    const text = momentOf(session, time, step, view.to);
    const left = x + 4;
    const right = left + context.measureText(text).width;
    if (right > width || tags.some((tag) => overlap(tag, left, right))) continue;
    context.fillStyle = inks.faint;
    context.fillText(text, left, height / 2);
  }
  if (range) {
    const left = xAt(view, width, range.from);
    context.fillStyle = inks.accent;
    context.fillRect(left, height - 3, Math.max(xAt(view, width, range.to) - left, 1), 3);
  }
  for (const mark of marks) {
    const x = xAt(view, width, mark);
    context.fillStyle = inks.error;
    context.beginPath();
    context.moveTo(x - 5, 0);
    context.lineTo(x + 5, 0);
    context.lineTo(x, 9);
    context.fill();
  }
  for (const { text, left, right, color } of tags) {
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(left, 2, right - left, height - 4, 3);
    context.fill();
    context.fillStyle = inks.ground;
    context.fillText(text, left + 5, height / 2);
  }
}

/** A text on a ground of its own. */
interface Tag {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly color: string;
}

/** The time that the mouse is at, and the length of the range where that leaves room. */
function tagsOf(
  session: Session,
  context: CanvasRenderingContext2D,
  width: number,
  inks: Inks,
): Tag[] {
  const { view, range, cursor } = session;
  const tags: Tag[] = [];
  const add = (text: string, middle: number, color: string) => {
    const wide = context.measureText(text).width + 10;
    const left = Math.min(Math.max(middle - wide / 2, 0), width - wide);
    if (tags.some((tag) => overlap(tag, left, left + wide))) return;
    tags.push({ text, left, right: left + wide, color });
  };
  if (cursor !== undefined) {
    const pixel = Math.max(lengthOf(view) / width, 1);
    const text = momentOf(session, Math.round(cursor), pixel, view.to);
    add(text, xAt(view, width, cursor), inks.text);
  }
  if (range && range.to > view.from && range.from < view.to) {
    const [left, right] = [xAt(view, width, range.from), xAt(view, width, range.to)];
    const middle = (Math.max(left, 0) + Math.min(right, width)) / 2;
    add(duration(range.to - range.from), middle, inks.accent);
  }
  return tags;
}

function overlap(tag: Tag, left: number, right: number): boolean {
  return left < tag.right + 3 && right > tag.left - 3;
}
