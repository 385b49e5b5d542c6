import { useEffect, useRef } from 'preact/hooks';
import { firstAbove } from '../../model/search.js';
import type { Session } from '../session.js';
import { called, duration, visible } from '../time/words.js';
import { timeAt, xAt } from '../viewport/view.js';
import { isJoined, rowUnder } from './hit.js';

/** What is under the mouse, beside it. It moves with the picture, without a render. */
export function Tooltip({ session }: { session: Session }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tip = element.current as HTMLDivElement;
    const scroller = tip.parentElement as HTMLElement;
    return session.onChange(() => {
      const lines = textOf(session);
      tip.hidden = lines.length === 0;
      if (tip.hidden) return;
      tip.replaceChildren(
        ...lines.map((line) => {
          const div = document.createElement('div');
          div.textContent = line;
          return div;
        }),
      );
      const { x = 0, y = 0 } = session.pointer ?? {};
      const { offsetWidth, offsetHeight } = tip;
      const { clientWidth, clientHeight, scrollTop } = scroller;
      const left = Math.min(x + clientWidth - session.width + 14, clientWidth - offsetWidth - 8);
      const isLow = y + 20 + offsetHeight > clientHeight;
      const top = Math.max(isLow ? y - offsetHeight - 10 : y + 18, 0);
      tip.style.transform = `translate(${left}px, ${top + scrollTop}px)`;
    });
  }, [session]);
  return <div class="tooltip" ref={element} hidden />;
}

function textOf(session: Session): string[] {
  const { hovered, pointer, facts, view, width } = session;
  if (hovered !== undefined) {
    const length = hovered.duration === null ? 'never ended' : duration(hovered.duration);
    return [
      called(hovered.name, 200),
      `${length}${hovered.category === '' ? '' : ` · ${visible(hovered.category.slice(0, 60))}`}`,
      ...(isJoined(session, hovered) ? ['and others, too short to be drawn apart'] : []),
    ];
  }
  if (pointer?.hovers !== true) return [];
  const { x, y } = pointer;
  const gap = facts.gaps.find(
    ({ start, end }) => xAt(view, width, start) <= x + 2 && xAt(view, width, end) >= x - 2,
  );
  if (gap) return [visible(gap.text)];
  return counterText(session, x, y);
}

function counterText(session: Session, x: number, y: number): string[] {
  const row = rowUnder(session, y)?.row;
  const counter = row && session.pictures.counter(row.facts.track);
  if (!row || !counter) return [];
  const { times, values } = counter;
  const time = timeAt(session.view, session.width, x);
  const at = firstAbove(times, time) - 1;
  if (at < 0) return [];
  return row.facts.series.map((name, series) => {
    const value = values[series]?.[at] ?? 0;
    return `${visible(name)}: ${Number(value.toPrecision(6)).toLocaleString('en')}`;
  });
}
