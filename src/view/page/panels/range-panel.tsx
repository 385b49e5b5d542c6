import { useState } from 'preact/hooks';
import type { Statistics } from '../../wire/questions.js';
import { Button } from '../button.js';
import type { Range, Session } from '../session.js';
import { momentOf } from '../time/ruler.js';
import { duration, many, percent, quantity, visible } from '../time/words.js';
import { useAnswer } from './answer.js';
import { CallTree } from './call-tree.js';
import { FlameGraph } from './flame-graph.js';
import { NameTable } from './name-table.js';
import { Share, Table } from './table.js';
import { Tabs } from './tabs.js';

const SETTLED = 150;
const VIEWS = ['Names', 'Flame graph', 'Call tree', 'Bottom-up', 'Threads', 'Counters'] as const;
type Shown = (typeof VIEWS)[number];

/** The numbers of a range. */
export function RangePanel({ session, range }: { session: Session; range: Range }) {
  const [shown, show] = useState<Shown>('Names');
  const { compared, tracks } = session;
  const { from, to } = range;
  const step = Math.max((to - from) / 1000, 1);
  const compare = (other: Range | undefined) => {
    session.compared = other;
    session.render();
  };
  return (
    <div class="range">
      <div class="head">
        <h2>{duration(to - from)}</h2>
        <span class="faint">
          {momentOf(session, from, step)} – {momentOf(session, to, step)}
          {range.tracks ? `, ${many(range.tracks.length, 'track')}` : ', all tracks'}
        </span>
        {range.tracks ? (
          <Button
            text="All tracks"
            does={() => session.selectRange({ from, to, tracks: undefined })}
          />
        ) : null}
        <Button text="Zoom" says="Show it large (F)" does={() => session.fit()} />
        {compared ? (
          <Button text="Compare no more" does={() => compare(undefined)} />
        ) : (
          <Button
            text="Compare …"
            says="Keep these numbers, then select another range"
            does={() => compare(range)}
          />
        )}
      </div>
      <Tabs label="Numbers of the range" names={VIEWS} shown={shown} show={show}>
        {shown === 'Flame graph' || shown === 'Call tree' || shown === 'Bottom-up' ? (
          <Calls session={session} range={range} shown={shown} />
        ) : (
          <Numbers session={session} range={range} shown={shown} />
        )}
      </Tabs>
      {compared && compared !== range ? (
        <p class="faint">
          Compared with {momentOf(session, compared.from, step)} –{' '}
          {momentOf(session, compared.to, step)},{' '}
          {compared.tracks ? visible(namesOf(tracks, compared.tracks)) : 'all tracks'}
        </p>
      ) : null}
    </div>
  );
}

function namesOf(tracks: Session['tracks'], numbers: readonly number[]): string {
  const names = numbers.slice(0, 3).map((track) => tracks.facts(track)?.name ?? '');
  return numbers.length > 3 ? `${names.join(', ')} …` : names.join(', ');
}

/** The calls of threads, or those that the CPU was seen in: adding up both would count all twice. */
function Calls({ session, range, shown }: NumbersProps) {
  const [kind, setKind] = useState<'thread' | 'samples'>('thread');
  const all = range.tracks ?? session.facts.tracks.map(({ track }) => track);
  const of = (wanted: string) =>
    all.filter((track) => session.tracks.facts(track)?.kind === wanted);
  const samples = of('samples');
  const isSampled = samples.length > 0 && (kind === 'samples' || of('thread').length === 0);
  // Of all tracks, those of threads are meant: there may be more than can be told one by one.
  const threads = range.tracks && of('thread');
  const part: Range = { ...range, tracks: isSampled ? samples : threads };
  return (
    <>
      {samples.length > 0 ? (
        <div class="kinds">
          <Button text="Slices" isOn={!isSampled} does={() => setKind('thread')} />
          <Button text="CPU samples" isOn={isSampled} does={() => setKind('samples')} />
        </div>
      ) : null}
      {shown === 'Flame graph' ? (
        <FlameGraph session={session} range={part} />
      ) : (
        <CallTree
          key={shown}
          session={session}
          range={part}
          direction={shown === 'Call tree' ? 'down' : 'up'}
        />
      )}
    </>
  );
}

interface NumbersProps {
  readonly session: Session;
  readonly range: Range;
  readonly shown: Shown;
}

function Numbers({ session, range, shown }: NumbersProps) {
  const { compared } = session;
  const { answer, problem, isBusy } = useAnswer<'statistics'>(
    session,
    { ask: 'statistics', ...range },
    SETTLED,
  );
  if (problem !== undefined) return <p class="wrong">{visible(problem)}</p>;
  if (answer === undefined) return <p class="faint">Counting …</p>;
  return (
    <div class={isBusy ? 'old' : ''}>
      {shown === 'Threads' ? (
        <Threads session={session} range={range} numbers={answer} />
      ) : shown === 'Counters' ? (
        <Counters session={session} numbers={answer} />
      ) : compared && compared !== range ? (
        <Compared session={session} numbers={answer} compared={compared} />
      ) : (
        <NameTable session={session} numbers={answer} other={undefined} />
      )}
    </div>
  );
}

interface ComparedProps {
  readonly session: Session;
  readonly numbers: Statistics;
  readonly compared: Range;
}

/** The names beside those of another range. */
function Compared({ session, numbers, compared }: ComparedProps) {
  const { answer } = useAnswer<'statistics'>(session, { ask: 'statistics', ...compared });
  return <NameTable session={session} numbers={numbers} other={answer} />;
}

interface PartProps {
  readonly session: Session;
  readonly numbers: Statistics;
}

function trackName({ tracks }: Session, track: number): string {
  return tracks
    .path(track)
    .map(({ name, note }) => `${name} ${note}`.trim())
    .join(' › ');
}

/** How much of the range each thread was busy. */
function Threads({ session, range, numbers }: PartProps & { range: Range }) {
  if (numbers.threads.length === 0) return <p class="faint">No thread has slices here.</p>;
  const length = range.to - range.from;
  return (
    <Table
      label="Threads"
      rows={numbers.threads}
      keyOf={({ track }) => track}
      open={({ track }) => {
        session.tracks.reveal(track);
        session.changeTracks();
        session.scrollTo(track);
      }}
      columns={[
        { title: 'Thread', by: ({ track }) => trackName(session, track) },
        {
          title: 'Busy share',
          by: ({ busy }) => busy / length,
          shows: ({ busy }) => <Share part={busy / length} text={percent(busy / length)} />,
        },
        { title: 'Busy', by: ({ busy }) => busy, shows: ({ busy }) => duration(busy) },
      ]}
    />
  );
}

function Counters({ session, numbers }: PartProps) {
  if (numbers.counters.length === 0) return <p class="faint">There are no counters here.</p>;
  return (
    <Table
      label="Counters"
      rows={numbers.counters}
      keyOf={({ track, series }) => `${track} ${series}`}
      columns={[
        { title: 'Counter', by: ({ track }) => trackName(session, track) },
        { title: 'Series', by: ({ series }) => series },
        { title: 'Mean', by: ({ mean }) => mean, shows: ({ mean }) => quantity(mean) },
        { title: 'Max', by: ({ max }) => max, shows: ({ max }) => quantity(max) },
      ]}
    />
  );
}
