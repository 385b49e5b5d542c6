import type { TraceFacts } from '../../wire/questions.js';
import type { Session } from '../session.js';

const EVERY = 1000;

/** Asks each second whether a trace has grown, until it has ended. */
export function follow(session: Session): void {
  const ask = async () => {
    try {
      const facts = await session.client.ask<'trace'>({ ask: 'trace' });
      const isNew = facts.version !== session.facts.version;
      const hasChanged = isNew || facts.growing !== session.facts.growing;
      const later = laterBy(session.facts, facts);
      if (hasChanged) session.grow(facts, later);
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
