import { useEffect, useRef } from 'preact/hooks';
import { sheetOf } from '../picture/canvas.js';
import type { Session } from '../session.js';
import { type Inks, readInks } from '../theme/inks.js';
import { lengthOf, moved, timeAt, xAt } from '../viewport/view.js';

const HANDLE = 6;

/** All of the trace, how busy it is, and which part of it is on the screen. */
export function Minimap({ session }: { session: Session }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const drawn = canvas.current as HTMLCanvasElement;
    let inks: Inks | undefined;
    const stop = session.onChange((withPanels) => {
      if (withPanels) inks = undefined;
      inks ??= readInks(drawn, session.theme);
      draw(session, drawn, inks);
    });
    const end = listen(drawn, session);
    return () => {
      stop();
      end();
    };
  }, [session]);
  return (
    <canvas
      class="minimap"
      ref={canvas}
      role="img"
      aria-label="How busy the whole trace is, and what of it is on the screen"
    />
  );
}

function draw(session: Session, canvas: HTMLCanvasElement, inks: Inks): void {
  const sheet = sheetOf(canvas);
  if (sheet === undefined) return;
  const { context, width, height, density } = sheet;
  const { facts, limits, view, finder, marks, range } = session;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.fillStyle = inks.ground;
  context.fillRect(0, 0, width, height);
  const x = (time: number) => xAt(limits, width, time);
  const [left, right] = [x(facts.start), x(facts.end)];

  const { activity } = facts;
  const part = (right - left) / Math.max(activity.length, 1);
  context.fillStyle = inks.faint;
  context.globalAlpha = 0.55;
  context.beginPath();
  context.moveTo(left, height);
  for (const [i, busy] of activity.entries()) {
    const top = height - 2 - busy * (height - 12);
    context.lineTo(left + i * part, top);
    context.lineTo(left + (i + 1) * part, top);
  }
  context.lineTo(right, height);
  context.fill();
  context.globalAlpha = 1;

  const hits = finder.found?.marks ?? [];
  const step = (right - left) / Math.max(hits.length, 1);
  context.fillStyle = inks.accent;
  for (const [i, number] of hits.entries())
    if (number > 0) context.fillRect(left + i * step, 0, Math.max(step, 2), 5);
  context.fillStyle = inks.error;
  for (const mark of marks) context.fillRect(x(mark) - 0.5, 0, 1.5, height);
  if (range) {
    context.fillStyle = inks.accent;
    context.fillRect(x(range.from), height - 3, Math.max(x(range.to) - x(range.from), 1), 3);
  }

  const [from, to] = [x(view.from), Math.max(x(view.to), x(view.from) + 2)];
  context.fillStyle = inks.shade;
  context.fillRect(0, 0, from, height);
  context.fillRect(to, 0, width - to, height);
  context.strokeStyle = inks.accent;
  context.lineWidth = 1;
  context.strokeRect(
    Math.round(from) + 0.5,
    0.5,
    Math.max(Math.round(to - from) - 1, 1),
    height - 1,
  );
}

/** A drag of the part on the screen moves it, one of its edges changes it, one elsewhere begins anew. */
function listen(canvas: HTMLCanvasElement, session: Session): () => void {
  let drag: ((x: number) => void) | undefined;
  const xOf = (event: PointerEvent) => event.clientX - canvas.getBoundingClientRect().left;
  const down = (event: PointerEvent) => {
    const { view, limits } = session;
    const width = canvas.clientWidth;
    const pressed = xOf(event);
    const time = (x: number) => timeAt(limits, width, x);
    const [left, right] = [xAt(limits, width, view.from), xAt(limits, width, view.to)];
    const isWhole = lengthOf(view) > lengthOf(limits) * 0.99;
    const near = (x: number) => Math.abs(pressed - x) <= HANDLE;
    canvas.setPointerCapture(event.pointerId);
    if (!isWhole && pressed > left + HANDLE && pressed < right - HANDLE) {
      drag = (x) => session.setView(moved(view, limits, time(x) - time(pressed)));
      return;
    }
    const fixed = isWhole ? pressed : near(left) ? right : near(right) ? left : pressed;
    drag = (x) => {
      if (Math.abs(x - fixed) < 3) return;
      session.setView({ from: time(Math.min(x, fixed)), to: time(Math.max(x, fixed)) });
    };
    if (fixed === pressed && !isWhole) {
      const by = time(pressed) - (view.from + view.to) / 2;
      session.glideTo(moved(view, limits, by));
    }
  };
  const move = (event: PointerEvent) => drag?.(xOf(event));
  const up = () => {
    drag = undefined;
  };
  const whole = () => session.glideTo(session.limits);
  const end = new AbortController();
  const { signal } = end;
  canvas.addEventListener('pointerdown', down, { signal });
  canvas.addEventListener('pointermove', move, { signal });
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('dblclick', whole, { signal });
  return () => end.abort();
}
