import { isDeepStrictEqual } from 'node:util';
import { ownArguments, type RecordedEvent } from '../record-trace.js';
import type { Drawing, Lane, Operation } from './drawing.js';
import { nanoseconds } from './file-events.js';
import type { Counter, Flow, Mark, Result } from './ledger.js';
import { counterOf, type Moment, type Timeline } from './timeline.js';
import type { Values } from './variety.js';

type Problem = (text: string) => void;

/** How names, categories and arguments stand in the file. */
export function compareDetails(
  timeline: Timeline,
  drawing: Drawing | undefined,
  problem: Problem,
): void {
  for (const { entry, event } of timeline.moments) {
    if (event === undefined) continue;
    if (entry.what === 'instant') {
      compareFields(entry.name, event, entry.cat, entry.args, problem);
      if (event.s !== entry.scope[0]) problem(`${entry.name} has the scope ${event.s}`);
    } else if (entry.what === 'metadata') {
      if (!isDeepStrictEqual(event.args, entry.args)) problem(`${entry.name} has other arguments`);
    } else if (entry.what === 'emitted') {
      compareFields(entry.name, event, entry.cat, entry.args, problem);
      const { ts, dur } = entry;
      const start = nanoseconds(ts);
      const length = nanoseconds(ts + dur) - start;
      if (nanoseconds(event.ts) !== start || nanoseconds(event.dur ?? 0) !== length) {
        problem(`${entry.name} is at ${event.ts} for ${event.dur}, not ${ts} for ${dur}`);
      }
    }
  }
  for (const { begin, event, endEvent, end } of timeline.periods.values()) {
    const { name, cat: own, args } = begin.entry;
    const endArgs = end?.entry.args ?? {};
    // In a lane all have the category of the outermost one, and say their own where it is another.
    const lane = event.ph === 'b' ? drawing?.operations.get(name)?.lane : undefined;
    // Where it cannot be told what is in which lane, the file is taken at its word.
    const cat = drawing === undefined ? event.cat : (lane?.category ?? own);
    const beginArgs = cat === own ? args : { category: own, ...args };
    const shown = event.ph === 'X' ? { ...args, ...endArgs } : beginArgs;
    compareFields(name, event, cat, shown, problem);
    if (endEvent !== undefined)
      compareFields(`the end of ${name}`, endEvent, cat, endArgs, problem);
    if (endEvent !== undefined && endEvent.id !== event.id) problem(`${name} ends with another id`);
  }
}

function compareFields(
  name: string,
  event: RecordedEvent,
  cat: string,
  args: Values,
  problem: Problem,
): void {
  if (event.cat !== cat) problem(`${name} has the category ${event.cat}, not ${cat}`);
  const own = ownArguments(event.args);
  if (!isDeepStrictEqual(own, args)) {
    const [shown, expected] = [own, args].map((value) => JSON.stringify(value).slice(0, 200));
    problem(`${name} has the arguments ${shown}, not ${expected}`);
  }
}

const PHASES = { slice: 'X', 'open slice': 'B', pair: 'b', 'open pair': 'b' } as const;

/** Whether each operation is drawn where it belongs: on its thread, or in a lane with others. */
export function compareOperations(drawing: Drawing, problem: Problem): void {
  const ids = new Map<Lane, string>();
  const lanes = new Map<string, Lane>();
  for (const { name, period, shape, lane } of drawing.operations.values()) {
    const { event, endTime } = period;
    if (shape === undefined) continue;
    if (
      PHASES[shape] !== event.ph ||
      (shape === 'open pair') !== (event.ph === 'b' && endTime === undefined)
    ) {
      problem(`${name} is drawn by ${event.ph}, and not as ${shape}`);
    }
    if (event.ph !== 'b' || event.id === undefined || lane === undefined) continue;
    const track = trackOf(event);
    const known = ids.get(lane);
    const other = lanes.get(track);
    if (known !== undefined && known !== track) problem(`${name} is not beside what it belongs to`);
    if (other !== undefined && other !== lane) problem(`${name} is where something else belongs`);
    ids.set(lane, track);
    lanes.set(track, lane);
  }
  for (const { period, shape, moved } of drawing.reports) {
    const { event, begin } = period;
    if (shape === 'either') continue;
    if (moved) problem(`${begin.entry.name} has other times than it was given`);
    if ((shape === 'slice') !== (event.ph === 'X')) {
      problem(`${begin.entry.name} is drawn by ${event.ph}, and not as ${shape}`);
    }
  }
  for (const { period } of drawing.reports) {
    const { event, begin } = period;
    if (event.id !== undefined && lanes.has(trackOf(event))) {
      problem(`${begin.entry.name} shares its id`);
    }
  }
}

/** What viewers know an async track by. */
function trackOf({ cat, id }: RecordedEvent): string {
  return JSON.stringify([cat, id]);
}

function isPairIn(lane: Lane | undefined, operation: Operation): boolean {
  return operation.lane === lane && /pair/.test(operation.shape ?? '');
}

/** What a viewer that nests async operations draws around each: as Perfetto does, by track and time. */
export function compareNesting(drawing: Drawing, problem: Problem): void {
  const tracks = new Map<string, Operation[]>();
  for (const operation of drawing.operations.values()) {
    const { event } = operation.period;
    if (event.ph === 'b') push(tracks, trackOf(event), operation);
  }
  for (const operations of tracks.values()) {
    const open: Operation[] = [];
    const inOrder = operations.sort((a, b) => a.period.start - b.period.start);
    for (const operation of inOrder) {
      const { start } = operation.period;
      while (open.length > 0 && (open.at(-1)?.period.endTime ?? Infinity) <= start) open.pop();
      const shown = open.at(-1);
      open.push(operation);
      // Those with ids of the program's own share a track as it pleases.
      if (operation.key !== undefined) continue;
      const { lane, name } = operation;
      // The nearest one around it that is drawn in this lane, and not as a slice of its thread.
      let expected = operation.parent;
      while (expected !== undefined && !isPairIn(lane, expected)) expected = expected.parent;
      if (shown !== expected) {
        problem(`${name} is drawn inside ${shown?.name}, and not ${expected?.name}`);
      }
    }
  }
}

/** Moments of operations lie in them: by id, category and time. */
export function compareMarks(timeline: Timeline, problem: Problem): void {
  for (const { entry, event, time } of timeline.moments as Moment<Mark>[]) {
    if (entry.what !== 'mark' || event === undefined) continue;
    const period = timeline.periods.get(entry.of);
    if (period === undefined) continue;
    compareFields(entry.name, event, period.event.cat, entry.args, problem);
    if (event.id !== period.event.id) problem(`${entry.name} is not in the lane of ${entry.of}`);
    const { start, endTime = Infinity } = period;
    if (time <= start || time >= endTime) problem(`${entry.name} is not within ${entry.of}`);
  }
}

/** All points of a flow have one id, which no other flow has. */
export function compareFlows(timeline: Timeline, problem: Problem): void {
  const ids = new Map<string, string | number | undefined>();
  const names = new Map<string | number | undefined, string>();
  for (const { entry, event } of timeline.moments as Moment<Flow>[]) {
    if (entry.what !== 'flow' || event === undefined) continue;
    const { name, point, cat, args } = entry;
    compareFields(name, event, cat, args, problem);
    if (ids.has(name) && ids.get(name) !== event.id) problem(`${name} has more than one id`);
    const other = names.get(event.id);
    if (other !== undefined && other !== name) problem(`${name} has the id of ${other}`);
    if (point === 'f' && event.bp !== 'e') problem(`${name} does not end in the slice around it`);
    ids.set(name, event.id);
    names.set(event.id, name);
  }
}

/** A viewer reads off each series, at any time, the value that was set last. */
export function compareCounters(
  timeline: Timeline,
  all: readonly RecordedEvent[],
  problem: Problem,
) {
  const expected = new Map<string, { time: number; value: number }[]>();
  for (const { entry, thread, time } of timeline.moments as Moment<Counter>[]) {
    if (entry.what !== 'counter') continue;
    for (const [series, value] of Object.entries(entry.series)) {
      push(expected, `${thread.pid} ${entry.name} ${series}`, { time, value });
    }
  }
  const shown = new Map<string, { time: number; value: number }[]>();
  for (const event of all) {
    for (const [series, value] of Object.entries(event.args)) {
      const name = `${event.pid} ${counterOf(event)} ${series}`;
      push(shown, name, { time: nanoseconds(event.ts), value: Number(value) });
    }
  }
  for (const name of new Set([...expected.keys(), ...shown.keys()])) {
    const [want, have] = [expected.get(name), shown.get(name)].map(changes);
    if (want !== have) problem(`the counter ${name} is ${have}, not ${want}`);
  }
}

function changes(values: { time: number; value: number }[] = []): string {
  const sorted = values.sort((a, b) => a.time - b.time);
  return sorted
    .filter(({ value }, i) => value !== sorted[i - 1]?.value)
    .map(({ time, value }) => `${value} at ${time}`)
    .join(', ');
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

/** Nothing is in the file that nobody has recorded. */
export function compareRest(timeline: Timeline, problem: Problem): void {
  for (const { ph, name, args } of timeline.file.left) {
    if (ph === 'M' && ['process_name', 'thread_name', 'trace_start'].includes(name)) continue;
    problem(`nobody has recorded ${ph} ${name} ${JSON.stringify(args).slice(0, 100)}`);
  }
}

/** What the tracer says of its events. */
export function compareStats(
  { stats, threads, pid }: Result,
  drawing: Drawing,
  children: number,
  problem: Problem,
): void {
  const own = threads.filter((thread) => thread.pid === pid).flatMap(({ entries }) => entries);
  const silent = new Set(['end', 'detach', 'unmatched']);
  const open = (operation: Operation) => operation.thread.pid === pid && !operation.over;
  const expected = {
    events: own.filter(({ what }) => !silent.has(what)).length,
    dropped: 0,
    lost: 0,
    unmatchedEnds: own.filter(({ what }) => what === 'unmatched').length,
    openSpans: [...drawing.operations.values()].filter(open).length,
    invalid: 0,
    writeErrors: 0,
    joined: children,
  };
  for (const [name, value] of Object.entries(expected)) {
    const shown = stats[name as keyof typeof stats];
    if (shown !== value) problem(`stats().${name} is ${shown}, not ${value}`);
  }
}
