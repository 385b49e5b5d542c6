import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../session.js';
import { many, visible } from '../time/words.js';
import { type Row, toggle, visibleRows } from './track-list.js';

/** How high a name is. */
const LINE = 24;

/** The tree of tracks on the left. Only rows on the screen are in the document. */
export function Names({ session }: { session: Session }) {
  const [focused, focus] = useState<string>();
  const [, render] = useState('');
  const moving = useRef<HTMLDivElement>(null);
  const tree = useRef<HTMLDivElement>(null);
  const { rows, height, scrollTop, tracks } = session;

  useEffect(
    () =>
      session.onChange((withPanels) => {
        const seen = visibleRows(session.rows, session.scrollTop, session.height);
        const { style } = moving.current as HTMLDivElement;
        style.transform = `translateY(${session.rows.pinnedHeight - session.scrollTop}px)`;
        // Of a track that begins above the screen, the name stays on it.
        const { top = 0, height: high = 0 } = seen[0] ?? {};
        const above = Math.min(Math.max(session.scrollTop - top, 0), Math.max(high - LINE, 0));
        style.setProperty('--above', `${above}px`);
        // Else the same rows stand there as before.
        if (!withPanels) render(`${seen[0]?.key} ${seen.length}`);
      }),
    [session],
  );

  const seen = visibleRows(rows, scrollTop, height);
  const all = [...rows.pinned, ...rows.rows];
  const current =
    all.find((row) => idOf(row) === focused) ?? seen.find(() => true) ?? rows.pinned[0];

  const goTo = (row: Row | undefined) => {
    if (row === undefined) return;
    if (!row.isPinned) session.scrollTo(row.facts.track);
    focus(idOf(row));
    session.render();
    requestAnimationFrame(() => {
      const id = `#${CSS.escape(idOf(row))}`;
      tree.current?.querySelector<HTMLElement>(id)?.focus({ preventScroll: true });
    });
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    // The rows as they are now: a key can be faster than the frame in which they are drawn.
    const { pinned, rows } = session.rows;
    const now = [...pinned, ...rows];
    const row = now.find((one) => idOf(one) === (event.target as Element).id);
    if (!row || !act(session, event, row, now, goTo)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const clicked = ({ target }: MouseEvent) => {
    if (!(target instanceof Element)) return;
    const item = target.closest('.name');
    const row = all.find((one) => idOf(one) === item?.id);
    if (row === undefined) return;
    const { does } = target.closest<HTMLElement>('[data-does]')?.dataset ?? {};
    if (does === 'pin') pin(session, row);
    else if (does === 'hide') hide(session, row);
    else if (row.opens) open(session, row);
  };

  const item = (row: Row) => (
    <Name
      key={idOf(row)}
      {...{ session, row }}
      isCurrent={row === current}
      isFirst={row === seen[0]}
      focus={() => focus(idOf(row))}
    />
  );
  return (
    <div
      class="names"
      ref={tree}
      role="tree"
      aria-label="Tracks"
      onKeyDown={pressed}
      onClick={clicked}
    >
      <div class="pinned" role="none">
        {rows.pinned.map(item)}
      </div>
      <div class="moving" role="none" ref={moving}>
        {seen.map(item)}
        {current && !current.isPinned && !seen.includes(current) ? item(current) : null}
      </div>
      {all.length === 0 ? (
        <p class="none">{tracks.filter ? 'No track has this name.' : 'There are no tracks.'}</p>
      ) : null}
    </div>
  );
}

function idOf({ key, isPinned }: Row): string {
  return `${isPinned ? 'pin' : 'track'}-${key}`;
}

/** Keys of a tree, as everywhere, and Alt with an arrow to move a track. */
function act(
  session: Session,
  { key, altKey, code }: KeyboardEvent,
  row: Row,
  all: readonly Row[],
  goTo: (row: Row | undefined) => void,
): boolean {
  const at = all.indexOf(row);
  const { tracks } = session;
  const { track, parent } = row.facts;
  const isLeft = (one: Row) => {
    const { pinned, rows } = session.rows;
    return (one.isPinned ? pinned : rows).some(({ key: left }) => left === one.key);
  };
  switch (key) {
    case 'ArrowUp':
    case 'ArrowDown': {
      const by = key === 'ArrowUp' ? -1 : 1;
      if (!altKey) goTo(all[at + by]);
      else {
        tracks.move(track, by);
        session.changeTracks();
        goTo(session.rowOf(track));
      }
      return true;
    }
    case 'ArrowRight':
    case 'ArrowLeft':
      if (row.opens && row.isOpen !== (key === 'ArrowRight')) open(session, row);
      else if (key === 'ArrowRight') goTo(all[at + 1]);
      else goTo(all.find(({ facts, isPinned }) => facts.track === parent && !isPinned));
      return true;
    case 'Enter':
    case ' ':
      if (row.opens) open(session, row);
      return true;
    case 'Home':
      goTo(all[0]);
      return true;
    case 'End':
      goTo(all.at(-1));
      return true;
    case 'Delete':
      hide(session, row);
      goTo(all.slice(0, at).findLast(isLeft) ?? all.find(isLeft));
      return true;
  }
  if (code !== 'KeyI' || altKey) return false;
  pin(session, row);
  return true;
}

function open(session: Session, { key }: Row): void {
  toggle(session.tracks.toggled, key);
  session.changeTracks();
}

function hide(session: Session, { key }: Row): void {
  session.tracks.hidden.add(key);
  session.tracks.pinned.delete(key);
  session.changeTracks();
}

function pin(session: Session, { key }: Row): void {
  toggle(session.tracks.pinned, key);
  session.changeTracks();
}

interface NameProps {
  readonly session: Session;
  readonly row: Row;
  readonly isCurrent: boolean;
  /** Whether it is the first on the screen of those that scroll. */
  readonly isFirst: boolean;
  readonly focus: () => void;
}

/** Where in the list a track is, what it is called, and what can be done with it. */
function Name({ session, row, isCurrent, isFirst, focus }: NameProps) {
  const { facts, depth, isOpen, opens, isPinned, top, height } = row;
  const style = { top: `${top}px`, height: `${height}px`, paddingLeft: `${8 + depth * 14}px` };
  const name = visible(facts.name.slice(0, 300));
  const note = visible(facts.note.slice(0, 100));
  // A process has nothing of its own.
  const holds =
    facts.kind === 'process' ? 'process' : many(facts.count, kindOf(row).replace(/s$/, ''));
  return (
    <div
      id={idOf(row)}
      style={style}
      class={`name ${facts.kind}${isFirst ? ' first' : ''}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={row.place}
      aria-setsize={row.siblings}
      aria-expanded={opens ? isOpen : undefined}
      aria-selected={session.slice?.track === facts.track}
      aria-label={`${name} ${note}${isPinned ? ', pinned' : ''}, ${kindOf(row)}`}
      tabIndex={isCurrent ? 0 : -1}
      title={`${name} ${note}\n${holds}`}
      draggable
      onFocus={focus}
      onDragStart={(event) => event.dataTransfer?.setData('text/plain', String(facts.track))}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => drop(session, event, row)}
    >
      <span class="chevron" aria-hidden="true">
        {opens ? (isOpen ? '▾' : '▸') : ''}
      </span>
      <span class="called">{name}</span>
      <span class="note">{note}</span>
      <span class="tools" aria-hidden="true">
        <span
          class={isPinned ? 'tool on' : 'tool'}
          data-does="pin"
          title={isPinned ? 'Take it from the top (I)' : 'Keep it at the top (I)'}
        >
          ⊤
        </span>
        <span class="tool" data-does="hide" title="Hide it (Delete)">
          ×
        </span>
      </span>
    </div>
  );
}

/** Puts a track that was dragged in the place of one under the same parent. */
function drop(session: Session, event: DragEvent, row: Row): void {
  event.preventDefault();
  const { tracks } = session;
  const dragged = tracks.facts(Number(event.dataTransfer?.getData('text/plain')));
  if (dragged === undefined || dragged.parent !== row.facts.parent) return;
  const from = session.rowOf(dragged.track);
  if (from === undefined) return;
  tracks.move(dragged.track, row.place - from.place);
  session.changeTracks();
}

const KINDS: Readonly<Record<string, string>> = {
  process: 'process',
  thread: 'slices',
  operations: 'operations',
  samples: 'samples',
  counter: 'values',
  instants: 'instants',
};

function kindOf({ facts }: Row): string {
  return KINDS[facts.kind] ?? '';
}
