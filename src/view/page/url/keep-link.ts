import type { Panel, Session } from '../session.js';
import { lengthOf } from '../viewport/view.js';
import { type Link, readLink, writeLink } from './link.js';

/** Browsers limit how often an address may change. */
const PAUSE = 300;
const PANELS: readonly string[] = ['find', 'requests', 'list'];

/** Goes where the address says, and has the address say what is on the screen from then on. */
export function keepLink(session: Session): void {
  let written = location.hash.replace(/^#/, '');
  apply(session, readLink(written));
  let isWaiting = false;
  session.onChange(() => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      const link = writeLink(linkOf(session));
      if (link === written) return;
      written = link;
      history.replaceState(null, '', `#${link}`);
    }, PAUSE);
  });
  addEventListener('hashchange', () => {
    const hash = location.hash.replace(/^#/, '');
    if (hash === written) return;
    written = hash;
    apply(session, readLink(hash));
  });
}

function linkOf(session: Session): Link {
  const { tracks, view, limits, range } = session;
  const isWhole = lengthOf(view) > lengthOf(limits) * 0.999;
  return {
    view: isWhole ? undefined : view,
    slice: session.slice?.slice,
    range,
    of: (range?.tracks ?? []).map((track) => tracks.key(track)),
    belonging: session.belongingTo !== undefined && session.belongingTo === session.slice?.slice,
    toggled: [...tracks.toggled],
    pinned: [...tracks.pinned],
    hidden: [...tracks.hidden],
    moved: tracks.moved,
    marks: session.marks,
    find: session.finder.text,
    panel: session.panel ?? '',
    byCategory: session.byCategory,
  };
}

function apply(session: Session, link: Link): void {
  const { tracks, facts } = session;
  const fill = (set: Set<string>, values: readonly string[]) => {
    set.clear();
    for (const value of values) set.add(value);
  };
  fill(tracks.toggled, link.toggled);
  fill(tracks.pinned, link.pinned);
  fill(tracks.hidden, link.hidden);
  tracks.places.clear();
  for (const [key, place] of link.moved) tracks.places.set(key, place);
  session.marks = [...link.marks];
  session.byCategory = link.byCategory;
  session.setView(link.view ?? session.limits);
  session.slice = undefined;
  const of = facts.tracks.filter(({ track }) => link.of.includes(tracks.key(track)));
  session.range = link.range && {
    ...link.range,
    tracks: of.length === 0 ? undefined : of.map(({ track }) => track),
  };
  session.setBelonging(link.belonging ? link.slice : undefined);
  if (link.find !== session.finder.text) session.finder.find(link.find, 0);
  if (link.slice !== undefined) void session.select(link.slice);
  session.panel = PANELS.includes(link.panel) ? (link.panel as Panel) : undefined;
  if (link.panel === 'requests') void session.openRequests();
  session.changeTracks();
}
