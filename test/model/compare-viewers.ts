import type { RecordedEvent } from '../record-trace.js';
import { type DevToolsView, importIntoDevTools } from '../viewers/devtools.js';
import { importIntoModel, type ModelView } from '../viewers/model.js';
import { importIntoSpeedscope, type SpeedscopeProfile } from '../viewers/speedscope.js';
import type { Drawing, FlowPoint, Operation } from './drawing.js';
import { nanoseconds } from './file-events.js';
import type { Emitted, Result } from './ledger.js';
import type { Moment, Timeline } from './timeline.js';

type Problem = (text: string) => void;

/** A slice on the track of a thread. */
interface Bar {
  readonly event: RecordedEvent;
  readonly start: number;
  /** Infinity: it was never ended. */
  readonly end: number;
  /** The spans around it that its thread had open; what `complete()` reports knows of none. */
  readonly around: readonly Operation[] | undefined;
}

interface Track {
  readonly pid: number;
  readonly tid: number;
  /** Parents first. */
  readonly bars: Bar[];
}

/** All that is to be seen on the tracks of threads. */
function tracksOf(timeline: Timeline, drawing: Drawing): Track[] {
  const tracks = new Map<string, Track>();
  const add = (bar: Bar): void => {
    const { pid, tid } = bar.event;
    const key = `${pid}/${tid}`;
    const track = tracks.get(key) ?? { pid, tid, bars: [] };
    tracks.set(key, track);
    track.bars.push(bar);
  };
  for (const { period, shape, around } of drawing.operations.values()) {
    const { event, start, endTime = Infinity } = period;
    if (shape === 'slice' || shape === 'open slice') add({ event, start, end: endTime, around });
  }
  for (const { period } of drawing.reports) {
    const { event, start, endTime = start } = period;
    if (event.ph === 'X') add({ event, start, end: endTime, around: undefined });
  }
  for (const { entry, event } of timeline.moments as Moment<Emitted>[]) {
    if (entry.what !== 'emitted' || event === undefined) continue;
    add(barOf(event));
  }
  for (const point of drawing.flowPoints) {
    if (holderOf(point) !== undefined) continue;
    const { thread, entry } = point.moment;
    const event = timeline.file.take(thread, 'X', entry.name);
    // Where there is none, the flow is found to be in no slice.
    if (event !== undefined) add(barOf(event));
  }
  for (const { bars } of tracks.values()) bars.sort((a, b) => a.start - b.start || b.end - a.end);
  return [...tracks.values()];
}

function barOf(event: RecordedEvent): Bar {
  const start = nanoseconds(event.ts);
  return { event, start, end: start + nanoseconds(event.dur ?? 0), around: undefined };
}

/** The innermost span around a flow point that has become a slice. */
function holderOf({ around }: FlowPoint): Operation | undefined {
  return around.findLast(({ shape }) => shape === 'slice' || shape === 'open slice');
}

/** How many slices are drawn around this one; `open`: those that were never ended, too. */
function depthOf(bar: Bar, { bars }: Track, open: boolean): number {
  const counts = (end: number) => open || end < Infinity;
  const contains = (outer: Bar) =>
    outer !== bar && outer.start < bar.start && outer.end > bar.end && counts(outer.end);
  const { around } = bar;
  if (around === undefined) return bars.filter(contains).length;
  const shapes = open ? ['slice', 'open slice'] : ['slice'];
  const spans = around.filter(({ shape }) => shapes.includes(shape as string)).length;
  // Reports are made after the fact, so a span does not know of those around it.
  return spans + bars.filter((outer) => outer.around === undefined && contains(outer)).length;
}

export async function compareViewers(
  { threads }: Result,
  text: string,
  timeline: Timeline,
  drawing: Drawing,
  problem: Problem,
): Promise<void> {
  const tracks = tracksOf(timeline, drawing);
  const devTools = await importIntoDevTools(text);
  const speedscope = await importIntoSpeedscope(text);
  const names = new Map(threads.map(({ pid, tid, name }) => [`${pid}/${tid}`, name]));
  compareDevTools(devTools, tracks, drawing, problem);
  compareSpeedscope(speedscope, tracks, problem);
  for (const { pid, tid, name } of devTools.threads) compareName(pid, tid, name, names, problem);
  for (const { name } of speedscope) {
    // As speedscope writes it: name (pid 1), name (tid 2).
    const [, pid, thread, tid] = /\(?pid (\d+)\)?, (.*?)\(?tid (\d+)\)?$/s.exec(name) ?? [];
    const shown = thread === undefined || thread === '' ? null : thread.trimEnd();
    compareName(Number(pid), Number(tid), shown, names, problem);
  }
  for (const point of drawing.flowPoints) compareFlowPoint(point, devTools, problem);
  compareModel(await importIntoModel(text), tracks, drawing, problem);
}

/** What the library calls threads that the program gives no name. */
const DEFAULT_NAME = /^(main|worker \d+)$/;

function compareName(
  pid: number,
  tid: number,
  shown: string | null,
  names: ReadonlyMap<string, string | undefined>,
  problem: Problem,
): void {
  const key = `${pid}/${tid}`;
  const given = names.get(key);
  const right = !names.has(key)
    ? shown === null
    : given === undefined
      ? DEFAULT_NAME.test(shown ?? '')
      : shown?.trimEnd() === given.trimEnd();
  if (!right) problem(`thread ${key} is called ${shown}, not ${given}`);
}

function compareDevTools(view: DevToolsView, tracks: Track[], drawing: Drawing, problem: Problem) {
  if (!view.generic) problem('DevTools takes the trace for one of a page');
  const expected = tracks.flatMap((track) =>
    track.bars.map((bar) => {
      const { name, cat } = bar.event;
      const length = bar.end === Infinity ? 0 : bar.end - bar.start;
      const depth = depthOf(bar, track, false);
      return `${track.pid}/${track.tid} ${name} [${cat}] ${bar.start}+${length}, depth ${depth}`;
    }),
  );
  const shown = view.threads.flatMap(({ pid, tid, slices }) =>
    slices.map(({ name, cat, start, duration, depth }) => {
      const [from, length] = [start, duration].map(nanoseconds);
      return `${pid}/${tid} ${name} [${cat}] ${from}+${length}, depth ${depth}`;
    }),
  );
  compareLists('DevTools', shown, expected, problem);

  const pairs = [...drawing.operations.values(), ...drawing.reports]
    .map(({ period }) => period)
    .filter(({ event, endTime }) => event.ph === 'b' && endTime !== undefined)
    .map(({ event, endEvent, start, endTime = 0 }) => {
      const { name, cat, id, pid } = event;
      // DevTools puts a pair on the thread that ended it.
      const tid = endEvent?.tid;
      return `${pid}/${tid} ${name} [${cat}] id ${id}, ${start}+${endTime - start}`;
    });
  const asyncSlices = view.asyncSlices.map(({ pid, tid, name, cat, id, start, duration }) => {
    const [from, length] = [start, duration].map(nanoseconds);
    return `${pid}/${tid} ${name} [${cat}] id ${id}, ${from}+${length}`;
  });
  compareLists('DevTools, async', asyncSlices, pairs, problem);
}

function compareSpeedscope(profiles: SpeedscopeProfile[], tracks: Track[], problem: Problem): void {
  const expected = tracks.flatMap((track) => {
    const { bars, tid } = track;
    const first = bars[0]?.start ?? 0;
    const last = Math.max(...bars.map(({ start, end }) => (end === Infinity ? start : end)));
    return bars
      .filter(({ start }) => start < last)
      .map((bar) => {
        const { name, args } = bar.event;
        const [start, end] = [bar.start, Math.min(bar.end, last)].map((time) => time - first);
        const depth = depthOf(bar, track, true);
        return `${tid}: ${name} ${JSON.stringify(args)} ${start} to ${end}, depth ${depth}`;
      });
  });
  const shown = profiles.flatMap(({ name: thread, slices }) => {
    const tid = /tid (\d+)\)?$/.exec(thread)?.[1];
    return slices.map(({ name, start, end, depth }) => {
      const [from, to] = [start, end].map(nanoseconds);
      return `${tid}: ${name} ${from} to ${to}, depth ${depth}`;
    });
  });
  compareLists('speedscope', shown, expected, problem);
}

/** tracelane's own viewer draws what was never ended, too: until the trace ends. */
function compareModel(view: ModelView, tracks: Track[], drawing: Drawing, problem: Problem): void {
  for (const text of view.faults) problem(`the model ${text}`);
  const lengthOf = (start: number, end: number) =>
    end === Infinity ? 'never ended' : `+${end - start}`;
  const trackOf = new Map(view.slices.map(({ name, start, track }) => [`${name} ${start}`, track]));
  const expected = tracks.flatMap((track) => {
    // Tracks have no ids here: each is known by what it shows first.
    const [first] = track.bars;
    const number = trackOf.get(`${first?.event.name} ${first?.start}`);
    return track.bars.map((bar) => {
      const { name, cat } = bar.event;
      const depth = depthOf(bar, track, true);
      return `${number}: ${name} [${cat}] ${bar.start} ${lengthOf(bar.start, bar.end)}, depth ${depth}`;
    });
  });
  const shown = view.slices.map(({ track, name, category, start, end, depth }) => {
    return `${track}: ${name} [${category}] ${start} ${lengthOf(start, end)}, depth ${depth}`;
  });
  compareLists('the model', shown, expected, problem);
  const pairs = [...drawing.operations.values(), ...drawing.reports]
    .map(({ period }) => period)
    .filter(({ event }) => event.ph === 'b')
    .map(
      ({ event, start, endTime = Infinity }) =>
        `${event.name} ${start} ${lengthOf(start, endTime)}`,
    );
  const operations = view.operations.map(
    ({ name, start, end }) => `${name} ${start} ${lengthOf(start, end)}`,
  );
  compareLists('the model, async', operations, pairs, problem);
  // What is told of afterwards, by complete(), may lie between a point and what held it then.
  const reported = drawing.reports.map(({ period }) => period.event.name);
  const ends = new Set([
    ...drawing.flowPoints.map((point) => `${holderOf(point)?.name ?? point.moment.entry.name}`),
    ...reported,
  ]);
  for (const { from, to } of view.arrows) {
    for (const name of [from, to]) {
      if (!ends.has(name)) problem(`the model has an arrow at ${name}`);
    }
  }
}

/** Both in the order in which a viewer comes by its slices, thread by thread. */
function compareLists(viewer: string, shown: string[], expected: string[], problem: Problem): void {
  const [left, right] = [new Set(shown), new Set(expected)];
  const missing = expected.filter((line) => !left.has(line));
  const extra = shown.filter((line) => !right.has(line));
  for (const line of missing) problem(`${viewer} does not show ${line.slice(0, 300)}`);
  for (const line of extra) problem(`${viewer} shows ${line.slice(0, 300)}`);
  if (missing.length + extra.length === 0 && shown.length !== expected.length) {
    problem(`${viewer} shows ${shown.length} slices, not ${expected.length}`);
  }
}

/** An arrow starts and ends at the innermost slice around its point. */
function compareFlowPoint(point: FlowPoint, view: DevToolsView, problem: Problem): void {
  const { thread, entry, time } = point.moment;
  const holder = holderOf(point);
  const reported = / complete \d+/;
  const around = view.threads
    .filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid)
    .flatMap(({ slices }) => slices)
    .filter(({ name, start, duration }) => {
      const from = nanoseconds(start);
      return !reported.test(name) && from <= time && time < from + nanoseconds(duration);
    });
  const innermost = around.sort((a, b) => a.depth - b.depth).at(-1)?.name;
  // DevTools draws a span that was never ended without width.
  const expected = holder?.shape === 'open slice' ? undefined : (holder?.name ?? entry.name);
  if (innermost !== expected) {
    problem(
      `${entry.name} (${entry.point}) is in ${innermost}, not in ${holder?.name ?? 'its own'}`,
    );
  }
  if (holder !== undefined && holder.period.start > time) {
    problem(`${entry.name} (${entry.point}) comes before ${holder.name}`);
  }
}
