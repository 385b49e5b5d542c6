import { useEffect, useRef, useState } from 'preact/hooks';
import { listenToPointer } from '../input/pointer.js';
import { listenToWheel } from '../input/wheel.js';
import type { Session } from '../session.js';
import { type Inks, readInks } from '../theme/inks.js';
import { Names } from '../tracks/names.js';
import { visibleRows } from '../tracks/track-list.js';
import { sheetOf } from './canvas.js';
import { Painter } from './draw.js';
import { sliceUnder } from './hit.js';
import type { Scene } from './scene.js';
import { Tooltip } from './tooltip.js';

/** The tracks: their names on the left, and the picture of them. */
export function Stage({ session }: { session: Session }) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = scroller.current as HTMLDivElement;
    const drawn = canvas.current as HTMLCanvasElement;
    const filler = spacer.current as HTMLDivElement;
    const painter = new Painter();
    let inks: Inks | undefined;
    const stop = session.onChange((withPanels) => {
      if (withPanels) inks = undefined;
      inks ??= readInks(drawn, session.theme);
      // First: it says how far can be scrolled.
      filler.style.height = `${session.rows.height + session.rows.pinnedHeight}px`;
      if (element.scrollTop !== session.scrollTop) element.scrollTop = session.scrollTop;
      session.scrollTop = element.scrollTop;
      paint(session, drawn, painter, inks);
    });
    const resized = new ResizeObserver(() => {
      const { style } = document.documentElement;
      style.setProperty('--scroll-bar', `${element.offsetWidth - element.clientWidth}px`);
      session.resize(drawn.clientWidth, element.clientHeight);
    });
    resized.observe(drawn);
    resized.observe(element);
    const scrolled = () => {
      session.scrollTop = element.scrollTop;
      session.draw();
    };
    element.addEventListener('scroll', scrolled);
    const ends = [
      listenToPointer(drawn, session, { hasTracks: true }),
      listenToWheel(drawn, session),
    ];
    return () => {
      stop();
      resized.disconnect();
      element.removeEventListener('scroll', scrolled);
      for (const end of ends) end();
    };
  }, [session]);

  return (
    <main class="scroller" ref={scroller}>
      <div class="stage">
        <Names session={session} />
        <canvas
          class="picture"
          ref={canvas}
          role="img"
          aria-label="The tracks over time. The table of slices (key L) says the same in text."
        />
      </div>
      <div class="spacer" ref={spacer} />
      <Tooltip session={session} />
    </main>
  );
}

function paint(session: Session, canvas: HTMLCanvasElement, painter: Painter, inks: Inks): void {
  const sheet = sheetOf(canvas);
  if (sheet === undefined) return;
  const { rows, view, limits, facts, scrollTop, pictures, pointer } = session;
  const visible = [...rows.pinned, ...visibleRows(rows, scrollTop, sheet.height)];
  const drawn = visible.filter((row) => row.facts.kind !== 'process');
  pictures.want(
    view,
    limits,
    Math.round(sheet.width * sheet.density),
    [...new Set(drawn.map((row) => row.facts.track))],
    facts.version,
    session.belongingTo,
  );
  session.hovered = pointer?.hovers ? sliceUnder(session, pointer.x, pointer.y) : undefined;
  const scene: Scene = {
    ...{ view, rows, scrollTop, pictures },
    gaps: facts.gaps,
    end: facts.end,
    byCategory: session.byCategory,
    dims: session.belongingTo !== undefined,
    selected: session.slice,
    hovered: session.hovered,
    flows: session.flows,
    range: session.range,
    marks: session.marks,
    cursor: session.cursor,
  };
  painter.draw(sheet, scene, inks);
}

/** Calls back in each frame in which something is drawn, and renders when the panels do. */
export function useFrames(session: Session): number {
  const [frames, count] = useState(0);
  useEffect(() => session.onChange((withPanels) => withPanels && count((n) => n + 1)), [session]);
  return frames;
}
