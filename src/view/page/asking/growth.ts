import type { Session } from '../session.js';

const EVERY = 1000;

/** Asks each second whether a trace has grown, until it has ended. */
export function follow(session: Session): void {
  const ask = async () => {
    try {
      const facts = await session.client.ask<'trace'>({ ask: 'trace' });
      const isNew = facts.version !== session.facts.version;
      if (isNew || facts.growing !== session.facts.growing) session.grow(facts);
      if (isNew) await renumber(session);
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
async function renumber(session: Session): Promise<void> {
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
  await session.finder.again();
  session.requests = undefined;
  if (session.panel === 'requests') await session.openRequests();
  session.render();
}
