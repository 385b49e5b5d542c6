import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from './button.js';
import { listenToKeys } from './input/keys.js';
import { Help } from './panels/help.js';
import { Panels } from './panels/panels.js';
import { Stage, useFrames } from './picture/stage.js';
import type { Session } from './session.js';
import { keepTheme, showTheme } from './theme/inks.js';
import { Minimap } from './time/minimap.js';
import { Ruler } from './time/ruler.js';
import { count, day, duration, many, visible } from './time/words.js';

/** The whole page: bar, minimap, ruler, tracks, panels. */
export function Shell({ session }: { session: Session }) {
  useFrames(session);
  const find = useRef<HTMLInputElement>(null);
  const { facts, problem } = session;

  useEffect(() => {
    return listenToKeys(session, () => find.current?.select());
  }, [session]);

  return (
    <>
      <Bar session={session} find={find} />
      <section class="overview" aria-label="All of the time">
        <div class="facts">
          <b>{duration(facts.end - facts.start)}</b>
          <span>{many(facts.events, 'event')}</span>
          {facts.growing ? <span class="live">live</span> : null}
        </div>
        <Minimap session={session} />
      </section>
      <section class="times" aria-label="The time on the screen">
        <input
          class="filter"
          type="search"
          placeholder="Filter tracks"
          aria-label="Filter tracks by name"
          value={session.tracks.filter}
          onInput={({ currentTarget }) => {
            session.tracks.filter = currentTarget.value;
            session.scrollTop = 0;
            session.changeTracks();
          }}
          onKeyDown={leave}
        />
        <Ruler session={session} />
      </section>
      <Stage session={session} />
      <Panels session={session} />
      {problem === '' ? null : (
        <div class="problem" role="alert">
          <span>{visible(problem)}</span>
          <button
            type="button"
            onClick={() => {
              session.problem = '';
              session.render();
            }}
          >
            Close
          </button>
        </div>
      )}
      {session.isHelpOpen ? <Help session={session} /> : null}
      <div class="said" role="status">
        {visible(session.said)}
      </div>
    </>
  );
}

/** Escape leaves a box, and gives the keys back to the picture. */
function leave(event: KeyboardEvent): void {
  if (event.key !== 'Escape') return;
  event.preventDefault();
  event.stopPropagation();
  (event.currentTarget as HTMLElement).blur();
}

interface BarProps {
  readonly session: Session;
  readonly find: RefObject<HTMLInputElement | null>;
}

function Bar({ session, find }: BarProps) {
  const { facts, finder, tracks, isAbsolute } = session;
  const { found, hit } = finder;
  const change = (run: () => void) => () => {
    run();
    session.render();
  };
  const hits = found?.hits.length ?? 0;
  const hiddenTracks = tracks.hidden.size;
  return (
    <header class="bar">
      <h1 title={visible(facts.name)}>{visible(facts.name)}</h1>
      {facts.notes.length === 0 ? null : (
        <details class="notes">
          <summary>{many(facts.notes.length, 'note')}</summary>
          <ul>
            {facts.notes.map((note) => (
              <li key={note}>{visible(note)}</li>
            ))}
          </ul>
        </details>
      )}
      <search class="find">
        <input
          ref={find}
          type="search"
          placeholder="Find  /"
          aria-label="Find slices"
          title="words, dur>10ms, cat:db, thread:worker, arg:value"
          value={finder.text}
          onInput={({ currentTarget }) => finder.find(currentTarget.value)}
          onKeyDown={(event) => {
            leave(event);
            if (event.key !== 'Enter') return;
            event.preventDefault();
            finder.go(event.shiftKey ? -1 : 1);
          }}
        />
        {found ? (
          <span class={found.problem ? 'hits wrong' : 'hits'} role="status">
            {found.problem
              ? visible(found.problem)
              : `${hit < 0 ? '' : `${count(hit + 1)} of `}${count(found.count)}`}
          </span>
        ) : null}
        {hits > 0 ? (
          <>
            <Button says="Hit before (Shift+Enter)" does={() => finder.go(-1)} text="‹" />
            <Button says="Next hit (Enter)" does={() => finder.go(1)} text="›" />
          </>
        ) : null}
      </search>
      <span class="space" />
      {tracks.only ? (
        <Button
          text="All tracks"
          does={() => {
            tracks.only = undefined;
            session.changeTracks();
          }}
        />
      ) : null}
      {hiddenTracks > 0 ? (
        <Button
          text={`Show ${many(hiddenTracks, 'hidden track')}`}
          does={() => {
            tracks.hidden.clear();
            session.changeTracks();
          }}
        />
      ) : null}
      {facts.requests > 0 ? (
        <Button
          text="Requests"
          says="The table of requests (R)"
          isOn={session.panel === 'requests'}
          does={() => void session.openRequests()}
        />
      ) : null}
      <Button
        text="Table"
        says="The slices on the screen as a table (L)"
        isOn={session.panel === 'list'}
        does={change(() => {
          session.panel = session.panel === 'list' ? undefined : 'list';
        })}
      />
      <Button text="All" says="All of the trace (0)" does={() => session.glideTo(session.limits)} />
      {facts.wallClock === undefined ? null : (
        <Button
          text={isAbsolute ? day(facts.start, facts.wallClock) : 'Clock'}
          says="Times of the day, or since the start (T)"
          isOn={isAbsolute}
          does={change(() => {
            session.isAbsolute = !isAbsolute;
          })}
        />
      )}
      <Button
        text={session.byCategory ? 'By category' : 'By name'}
        says="Colours by name or by category"
        does={change(() => {
          session.byCategory = !session.byCategory;
        })}
      />
      <Button
        text={session.theme === 'dark' ? 'Light' : 'Dark'}
        says="Light or dark"
        does={change(() => {
          session.theme = session.theme === 'dark' ? 'light' : 'dark';
          keepTheme(session.theme);
          showTheme(session.theme);
        })}
      />
      <Button
        text="?"
        says="Keys and mouse (?)"
        does={change(() => {
          session.isHelpOpen = true;
        })}
      />
    </header>
  );
}
