import type { TraceFacts } from '../../wire/questions.js';
import type { Range, Session } from '../session.js';
import { lengthOf, limited, whole } from '../viewport/view.js';

const EVERY = 1000;

/** Asks each second whether a trace has grown, until it has ended. */
export function follow(session: Session): void {
  const ask = async () => {
    try {
      const facts = await session.client.ask<'trace'>({ ask: 'trace' });
      const isNew = facts.version !== session.facts.version;
      const hasChanged = isNew || facts.growing !== session.facts.growing;
      const later = laterBy(session.facts, facts);
      if (hasChanged) grow(session, facts, later);
      if (isNew) await renumber(session, later);
      if (!facts.growing) return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'TRACELANE_BAD_QUESTION') {
        // Whoever served the trace is gone: what is on the screen stays there.
        session.fail(error);
        return;
      }
      // It has changed once more between two questions: it is asked anew as what it is then.
    }
    setTimeout(ask, EVERY);
  };
  setTimeout(ask, EVERY);
}

/** A trace that has grown, and what was there is later now: who was at its end stays there. */
function grow(session: Session, facts: TraceFacts, later: number): void {
  const { view, limits } = session;
  const wasWhole = lengthOf(view) >= lengthOf(limits) * 0.999;
  const wasAtEnd = view.to >= session.facts.end;
  const behind = view.to - session.facts.end;
  const moved = { from: view.from + later, to: view.to + later };
  session.marks = session.marks.map((mark) => mark + later);
  session.facts = facts;
  session.limits = whole(facts.start, facts.end);
  if (wasWhole) session.view = session.limits;
  else if (wasAtEnd) {
    const to = facts.end + behind;
    session.view = limited({ from: to - lengthOf(moved), to }, session.limits);
  } else session.view = limited(moved, session.limits);
  renumberTracks(session, facts, later);
  session.changeTracks();
}

/** Tracks may have other numbers in a new version; what they are called in links stays. */
function renumberTracks(session: Session, { tracks: facts }: TraceFacts, later: number): void {
  const { tracks, compared, range, slice } = session;
  const { keys } = tracks;
  tracks.tracks = facts;
  const numbers = new Map(facts.map(({ track }) => [tracks.key(track), track]));
  const numberOf = (track: number) => numbers.get(keys.get(track) ?? '');
  const moved = (range: Range | undefined) => {
    const still = range?.tracks?.map(numberOf).filter((track) => track !== undefined);
    // A program that was started anew may have none of them.
    if (range === undefined || still?.length === 0) return undefined;
    return { from: range.from + later, to: range.to + later, tracks: still };
  };
  session.range = moved(range);
  session.compared = compared === range ? session.range : moved(compared);
  const track = slice && numberOf(slice.track);
  session.slice =
    slice && track !== undefined ? { ...slice, track, start: slice.start + later } : undefined;
  tracks.only = undefined;
  if ([...keys.keys()].some((known) => numberOf(known) !== known)) session.pictures.forget();
}

/** Slices have other numbers in another version: what is selected, and what was found, is asked anew. */
async function renumber(session: Session, later: number): Promise<void> {
  const { slice, belongingTo, client } = session;
  if (slice) {
    const { track, lane, start, name } = slice;
    const here = { from: start, to: start + 1, tracks: [track], limit: 1000 };
    const { slices } = await client.ask<'list'>({ ask: 'list', ...here });
    const alike = slices.filter((one) => one.start === start && one.name === name);
    // An operation may be in another lane now.
    const same = alike.find((one) => one.lane === lane) ?? alike[0];
    if (belongingTo !== undefined)
      session.setBelonging(belongingTo === slice.slice ? same?.slice : undefined);
    if (session.slice === slice) {
      if (same) await session.select(same.slice);
      else session.slice = undefined;
    }
  } else if (belongingTo !== undefined) session.setBelonging(undefined);
  await session.finder.again(later);
  session.requests = undefined;
  if (session.panel === 'requests') await session.openRequests();
  session.render();
}

/**
 * Times count from the first event: where an earlier one has come, all others are later by that much. A trace
 * that does not hold all of the time that was there is another one.
 */
function laterBy(before: TraceFacts, now: TraceFacts): number {
  const [[microseconds, nanoseconds], [microsecondsNow, nanosecondsNow]] = [before.zero, now.zero];
  const later = (microseconds - microsecondsNow) * 1000 + nanoseconds - nanosecondsNow;
  return later > 0 && before.end + later <= now.end ? later : 0;
}
