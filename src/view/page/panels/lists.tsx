import { useEffect, useState } from 'preact/hooks';
import type { SliceFacts } from '../../wire/questions.js';
import type { Session } from '../session.js';
import { momentOf } from '../time/ruler.js';
import { count, duration, many, visible } from '../time/words.js';
import { visibleRows } from '../tracks/track-list.js';
import { useAnswer } from './answer.js';
import { Table } from './table.js';

const ROWS = 500;
const SETTLED = 250;

/** Slices as a table: for those who cannot see the picture, and those who like tables better. */
function SliceRows({ session, slices }: { session: Session; slices: readonly SliceFacts[] }) {
  return (
    <Table
      label="Slices"
      rows={slices}
      keyOf={({ slice }) => slice}
      isCurrent={({ slice }) => slice === session.slice?.slice}
      open={({ slice }) => {
        const { finder } = session;
        finder.hit = finder.found?.hits.findIndex((hit) => hit.slice === slice) ?? -1;
        void session.select(slice, 'in view');
      }}
      columns={[
        { title: 'Name', by: ({ name }) => name },
        {
          title: 'Start',
          by: ({ start }) => start,
          shows: ({ start }) => momentOf(session, start, 1000),
        },
        {
          title: 'Duration',
          by: ({ duration: length }) => length ?? Number.MAX_VALUE,
          shows: ({ duration: length }) => duration(length),
        },
        { title: 'Category', by: ({ category }) => category },
        {
          title: 'Track',
          by: ({ track }) => {
            const { name = '', note = '' } = session.tracks.facts(track) ?? {};
            return `${name} ${note}`;
          },
        },
      ]}
    />
  );
}

/** What was found. */
export function Hits({ session }: { session: Session }) {
  const { found, text } = session.finder;
  if (text.trim() === '')
    return (
      <p class="faint">
        Type into the box above: words of a name, dur&gt;10ms, cat:db, thread:worker, arg:value.
      </p>
    );
  if (found === undefined) return <p class="faint">Looking …</p>;
  if (found.problem !== undefined) return <p class="wrong">{visible(found.problem)}</p>;
  if (found.count === 0) return <p class="faint">Nothing was found.</p>;
  return (
    <>
      <SliceRows session={session} slices={found.hits} />
      {found.count > found.hits.length ? (
        <p class="faint">
          The first {count(found.hits.length)} of {many(found.count, 'hit')}.
        </p>
      ) : null}
    </>
  );
}

/** What is on the screen. */
export function Slices({ session }: { session: Session }) {
  const [seen, look] = useState(questionOf(session));
  useEffect(
    () =>
      session.onChange(() => {
        const now = questionOf(session);
        look((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
      }),
    [session],
  );
  const { answer, problem } = useAnswer<'list'>(session, seen, SETTLED);
  if (problem !== undefined) return <p class="wrong">{visible(problem)}</p>;
  if (answer === undefined) return <p class="faint">Looking …</p>;
  return (
    <>
      <p class="faint">
        {answer.count > answer.slices.length
          ? `The longest ${count(answer.slices.length)} of ${many(answer.count, 'slice')} on the screen.`
          : `${many(answer.count, 'slice')} on the screen.`}
      </p>
      <SliceRows session={session} slices={answer.slices} />
    </>
  );
}

function questionOf({ view, rows, scrollTop, height }: Session) {
  const tracks = [...rows.pinned, ...visibleRows(rows, scrollTop, height)].map(
    ({ facts }) => facts.track,
  );
  // Outwards: of a trace that is one moment long, less than a nanosecond may be on the screen.
  const [from, to] = [Math.floor(view.from), Math.ceil(view.to)];
  return { ask: 'list', from, to, tracks: [...new Set(tracks)], limit: ROWS } as const;
}
