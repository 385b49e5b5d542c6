import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Session } from '../session.js';
import { Hits, Slices } from './lists.js';
import { RangePanel } from './range-panel.js';
import { Requests } from './requests.js';
import { SlicePanel } from './slice-panel.js';

const LISTS = {
  find: { title: 'Found', shows: Hits },
  requests: { title: 'Requests', shows: Requests },
  list: { title: 'On the screen', shows: Slices },
};
const LEAST = 90;
const STEP = 24;

/** Below the tracks: a list, if one is open, and what is selected beside it. */
export function Panels({ session }: { session: Session }) {
  const { panel, slice, range } = session;
  const [wanted, setHeight] = useState(() => Math.round(innerHeight * 0.34));
  if (panel === undefined && slice === undefined && range === undefined) return null;
  // The window may have become lower since.
  const height = fitting(wanted);
  const resize = (to: number) => setHeight(fitting(to));
  const list = panel && LISTS[panel];
  return (
    <section class="panels" style={{ height: `${height}px` }} aria-label="Details">
      <Splitter height={height} resize={resize} />
      {list ? (
        <div class="panel">
          <div class="head">
            <h2>{list.title}</h2>
            <span class="space" />
            <Close
              does={() => {
                session.panel = undefined;
                session.render();
              }}
            />
          </div>
          <Scrolls label={list.title}>
            <list.shows session={session} />
          </Scrolls>
        </div>
      ) : null}
      {slice || range ? (
        <div class="panel">
          <Close does={() => session.selectRange(undefined)} />
          <Scrolls label="Selection">
            {slice ? <SlicePanel session={session} slice={slice} /> : null}
            {range ? <RangePanel session={session} range={range} /> : null}
          </Scrolls>
        </div>
      ) : null}
    </section>
  );
}

/** A height that leaves room for the tracks. */
function fitting(height: number): number {
  return Math.max(Math.min(height, innerHeight - 220), LEAST);
}

/** What is too long for its place scrolls, also by keys. */
function Scrolls({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls by keys.
    <section class="scrolls" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

function Close({ does }: { readonly does: () => void }) {
  return (
    <button type="button" class="close" aria-label="Close" title="Close (Esc)" onClick={does}>
      ×
    </button>
  );
}

/** The line between tracks and panels: it is dragged, or moved by the arrows. */
function Splitter({ height, resize }: { height: number; resize: (to: number) => void }) {
  const from = useRef<number | undefined>(undefined);
  return (
    <hr
      class="splitter"
      aria-orientation="horizontal"
      aria-label="Height of the details"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={fitting(innerHeight)}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = event.clientY + height;
      }}
      onPointerMove={({ clientY }) => from.current !== undefined && resize(from.current - clientY)}
      onPointerUp={() => {
        from.current = undefined;
      }}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowUp' ? STEP : event.key === 'ArrowDown' ? -STEP : 0;
        if (by === 0) return;
        event.preventDefault();
        event.stopPropagation();
        resize(height + by);
      }}
    />
  );
}
