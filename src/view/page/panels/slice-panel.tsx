import type { ComponentChildren } from 'preact';
import type { FlowFacts, SliceDetails, SliceFacts } from '../../wire/questions.js';
import { Button } from '../button.js';
import type { Session } from '../session.js';
import { momentOf } from '../time/ruler.js';
import { called, count, duration, exactDuration, many, percent, visible } from '../time/words.js';
import { Args } from './args.js';

const FLOWS = 50;

/** All about one slice. */
export function SlicePanel({ session, slice }: { session: Session; slice: SliceDetails }) {
  const { previous, next } = slice;
  const belongs = session.belongingTo !== undefined;
  return (
    <div class="slice">
      <div class="head">
        <h2>{called(slice.name, 500)}</h2>
        <Button text="Zoom" says="Show it large (F)" does={() => session.fit()} />
        <Button
          text="‹ Same name"
          says="The one of the same name before it (P)"
          isOff={previous === undefined}
          does={() => previous !== undefined && void session.select(previous, 'in view')}
        />
        <Button
          text="Same name ›"
          says="The next one of the same name (N)"
          isOff={next === undefined}
          does={() => next !== undefined && void session.select(next, 'in view')}
        />
        {slice.belonging > 1 || belongs ? (
          <Button
            text={belongs ? 'Show all again' : `Its operation: ${many(slice.belonging, 'slice')}`}
            says="Everything that belongs to the same operation; the rest turns grey (B)"
            isOn={belongs}
            does={() => session.setBelonging(belongs ? undefined : slice.slice)}
          />
        ) : null}
        {belongs ? (
          <Button
            text="Only its tracks"
            isOn={session.tracks.only !== undefined}
            does={() => void session.showOnlyBelonging()}
          />
        ) : null}
      </div>
      <div class="columns">
        <Facts session={session} slice={slice} />
        <div>
          <h3>Arguments</h3>
          {slice.args === undefined ? (
            <p class="faint">It has none.</p>
          ) : (
            <Args value={slice.args} />
          )}
        </div>
        <Around session={session} slice={slice} />
      </div>
    </div>
  );
}

function Facts({ session, slice }: { session: Session; slice: SliceDetails }) {
  const { facts, tracks } = session;
  const where = tracks
    .path(slice.track)
    .map(({ name, note }) => `${name} ${note}`.trim())
    .join(' › ');
  return (
    <dl>
      <Fact name="Starts at">{momentOf(session, slice.start, 1)}</Fact>
      {slice.isInstant ? null : (
        <Fact name="Duration">
          {slice.duration === null
            ? `never ended; open for ${duration(facts.end - slice.start)}`
            : exactDuration(slice.duration)}
        </Fact>
      )}
      {slice.self === null ? null : (
        <Fact name="Self time">
          {exactDuration(slice.self)}
          {slice.duration ? ` (${percent(slice.self / slice.duration)})` : ''}
        </Fact>
      )}
      {slice.category === '' ? null : (
        <Fact name="Category">{visible(slice.category.slice(0, 300))}</Fact>
      )}
      <Fact name="Track">{visible(where.slice(0, 600))}</Fact>
      {slice.offset < 0 ? null : <Fact name="In the file">at byte {count(slice.offset)}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What is around it, in it, and where its arrows lead. */
function Around({ session, slice }: { session: Session; slice: SliceDetails }) {
  const { callers, callees, flows, root } = slice;
  const isRoot = root === undefined || root.slice === slice.slice;
  return (
    <div>
      {isRoot ? null : (
        <>
          <h3>Belongs to</h3>
          <ul class="list">
            <Other session={session} slice={root} />
          </ul>
        </>
      )}
      {callers.length === 0 ? null : (
        <>
          <h3>Inside of</h3>
          <ul class="list">
            {callers.map((one) => (
              <Other key={one.slice} session={session} slice={one} />
            ))}
          </ul>
        </>
      )}
      {callees.length === 0 ? null : (
        <>
          <h3>Right inside of it</h3>
          <ul class="list">
            {callees.map(({ name, count: times, total }) => (
              <li key={name}>
                <span>{called(name, 200)}</span>
                <span class="faint">
                  {count(times)} × · {duration(total)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {flows.length === 0 ? null : (
        <>
          <h3>Arrows</h3>
          <ul class="list">
            {flows.slice(0, FLOWS).map((flow, index) => (
              <Arrow key={index} session={session} slice={slice} flow={flow} />
            ))}
          </ul>
          {flows.length > FLOWS ? <p class="faint">and {flows.length - FLOWS} more</p> : null}
        </>
      )}
    </div>
  );
}

interface OtherProps {
  readonly session: Session;
  readonly slice: SliceFacts;
  readonly before?: string;
}

/** Another slice, to go to. */
function Other({ session, slice, before = '' }: OtherProps) {
  return (
    <li>
      <button
        type="button"
        class="link"
        onClick={() => void session.select(slice.slice, 'in view')}
      >
        {before}
        {called(slice.name, 200)}
      </button>
      <span class="faint">{duration(slice.duration)}</span>
    </li>
  );
}

interface ArrowProps {
  readonly session: Session;
  readonly slice: SliceDetails;
  readonly flow: FlowFacts;
}

function Arrow({ session, slice, flow }: ArrowProps) {
  const leaves = flow.from.slice === slice.slice;
  return (
    <Other session={session} slice={leaves ? flow.to : flow.from} before={leaves ? '→ ' : '← '} />
  );
}
