import { useState } from 'preact/hooks';
import type { RouteFacts, SliceFacts } from '../../wire/questions.js';
import type { Session } from '../session.js';
import { momentOf } from '../time/ruler.js';
import { called, count, duration, percent, visible } from '../time/words.js';
import { Table } from './table.js';

/** The way in: routes, the slowest requests of one, those that never ended, and the picture of one of these. */
export function Requests({ session }: { session: Session }) {
  const [chosen, choose] = useState<string>();
  const { requests } = session;
  if (requests === undefined) return <p class="faint">Counting …</p>;
  const { routes, unfinished } = requests;
  if (routes.length === 0 && unfinished.count === 0) {
    return <p class="faint">There are no requests.</p>;
  }
  const route = routes.find(({ name }) => name === chosen);
  const time = (title: string, of: (route: RouteFacts) => number) => ({
    ...{ title, by: of },
    shows: (one: RouteFacts) => duration(of(one)),
  });
  return (
    <>
      <Table
        label="Requests"
        rows={routes}
        keyOf={({ name }) => name}
        open={({ name }) => choose(name === chosen ? undefined : name)}
        isCurrent={({ name }) => name === chosen}
        columns={[
          { title: 'Request', by: ({ name }) => name },
          { title: 'Count', by: (one) => one.count, shows: (one) => count(one.count) },
          time('p50', ({ p50 }) => p50),
          time('p95', ({ p95 }) => p95),
          time('p99', ({ p99 }) => p99),
          time('Max', ({ max }) => max),
          {
            title: 'Where the time went',
            by: (one) => parts(one)[0]?.name ?? '',
            shows: (one) => <Parts route={one} />,
          },
        ]}
      />
      {route ? (
        <RequestList
          session={session}
          title={`The slowest of ${called(route.name, 200)}`}
          requests={route.slowest}
        />
      ) : (
        <p class="faint">Choose a request to see its slowest ones.</p>
      )}
      {unfinished.count > 0 ? (
        <RequestList
          session={session}
          title={`${count(unfinished.count)} never ended; the oldest first`}
          requests={unfinished.oldest}
        />
      ) : null}
    </>
  );
}

function RequestList({
  session,
  title,
  requests,
}: {
  session: Session;
  title: string;
  requests: readonly SliceFacts[];
}) {
  return (
    <div class="slowest">
      <h3>{title}</h3>
      <ol>
        {requests.map((slice) => (
          <li key={slice.slice} class={slice.slice === session.slice?.slice ? 'current' : ''}>
            <button
              type="button"
              class="link"
              onClick={() => void session.openRequest(slice.slice)}
            >
              {slice.duration === null ? 'never ended' : duration(slice.duration)}
            </button>{' '}
            <span class="faint">
              at {momentOf(session, slice.start, 1e5)}, {called(slice.name, 200)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

interface Part {
  readonly name: string;
  readonly share: number;
}

function parts({ time }: RouteFacts): Part[] {
  const all = Object.entries(time);
  const sum = all.reduce((total, [, part]) => total + part, 0) || 1;
  return all
    .map(([name, part]) => ({ name, share: part / sum }))
    .filter(({ share }) => share > 0.005)
    .sort((a, b) => b.share - a.share);
}

/** The largest parts, in words. */
function Parts({ route }: { route: RouteFacts }) {
  return (
    <span class="parts">
      {parts(route)
        .slice(0, 4)
        .map(({ name, share }) => `${visible(name)} ${percent(share)}`)
        .join(' · ')}
    </span>
  );
}
