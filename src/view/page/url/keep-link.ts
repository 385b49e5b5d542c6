import type { TrackFacts } from '../../wire/questions.js';
import type { Panel, Range, Session } from '../session.js';
import type { TrackList } from '../tracks/track-list.js';
import { lengthOf, type View } from '../viewport/view.js';
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
  const { tracks, view, limits, range, compared } = session;
  const isWhole = lengthOf(view) > lengthOf(limits) * 0.999;
  return {
    view: isWhole ? undefined : view,
    slice: session.slice?.slice,
    range,
    of: keysOf(tracks, range),
    compared,
    comparedOf: keysOf(tracks, compared),
    belonging: session.belongingTo,
    only: session.belongingTo !== undefined && tracks.only !== undefined,
    toggled: [...tracks.toggled],
    pinned: [...tracks.pinned],
    hidden: [...tracks.hidden],
    moved: tracks.moved,
    marks: session.marks,
    find: session.finder.text,
    filter: tracks.filter,
    panel: session.panel ?? '',
    byCategory: session.byCategory,
    isAbsolute: session.isAbsolute,
  };
}

/** A process stands for all that lies under it, which may be a hundred thousand tracks. */
function keysOf(tracks: TrackList, range: Range | undefined): string[] {
  const all = new Set(range?.tracks);
  const isIn = ({ track, kind }: TrackFacts) => kind === 'process' && all.has(track);
  return [...all]
    .filter((track) => !tracks.path(track).slice(0, -1).some(isIn))
    .map((track) => tracks.key(track));
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
  session.isAbsolute = link.isAbsolute && facts.wallClock !== undefined;
  tracks.filter = link.filter;
  session.setView(link.view ?? session.limits);
  session.slice = undefined;
  const rangeOf = (range: View | undefined, keys: readonly string[]): Range | undefined => {
    const wanted = new Set(keys);
    const of = facts.tracks
      .filter(({ track }) => wanted.has(tracks.key(track)))
      .flatMap(({ track, kind }) => (kind === 'process' ? tracks.under(track) : [track]));
    return range && { ...range, tracks: of.length === 0 ? undefined : [...new Set(of)] };
  };
  session.range = rangeOf(link.range, link.of);
  session.compared = rangeOf(link.compared, link.comparedOf);
  session.setBelonging(undefined);
  if (link.belonging !== undefined) void showBelonging(session, link.belonging, link.only);
  const panel = PANELS.includes(link.panel) ? (link.panel as Panel) : undefined;
  if (link.find !== session.finder.text) session.finder.find(link.find, 0, panel === 'find');
  if (link.slice !== undefined) void session.select(link.slice);
  session.panel = panel;
  if (link.panel === 'requests') void session.openRequests();
  session.changeTracks();
}

/** A link may name a slice that is not there: then nothing could be drawn. */
async function showBelonging(session: Session, slice: number, only: boolean): Promise<void> {
  try {
    await session.client.ask<'slice'>({ ask: 'slice', slice });
    session.setBelonging(slice);
    if (only) await session.showOnlyBelonging();
  } catch (error) {
    session.fail(error);
  }
}
