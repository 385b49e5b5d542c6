import { isAsync, isInstant } from '../../trace-event/phases.js';
import type { RawEvent } from '../source/entries.js';
import { readTrace } from '../source/read-trace.js';
import { AsyncTimeline, asyncTrack } from '../timeline/async-timeline.js';
import { StringTable } from '../timeline/string-table.js';
import { ThreadTimeline } from '../timeline/thread-timeline.js';
import { microsecondsOf, type TimedEvent, TimeScale } from '../timeline/timed-event.js';
import { CutError } from './cut-options.js';

/** When something was. */
export interface Moment {
  /** Microseconds, as the file has them. */
  readonly ts: number;
  /** Nanoseconds; infinite where it was never ended. */
  readonly length: number;
}

const PAIRS: readonly string[] = ['X', 'B', 'E', 'b', 'e', 'S', 'F'];

/** The first call, or instant, of a name: in the order of time. */
export async function momentOf(input: string, name: string): Promise<Moment> {
  let first: TimedEvent | undefined;
  for await (const timed of timedEvents(input, new TimeScale(), { names: [name] })) {
    const isBegin = timed.ph === 'X' || timed.ph === 'B' || timed.ph === 'b';
    if (!isBegin && !isInstant(timed.ph) && timed.ph !== 'n') continue;
    if (first === undefined || timed.start < first.start) first = timed;
  }
  if (first === undefined) {
    throw new CutError(
      `Nothing in ${input} is named '${name}'. tracelane summary shows its names.`,
    );
  }
  const ts = microsecondsOf(first.event.ts) as number;
  const isBegun = first.ph === 'B' || first.ph === 'b';
  return { ts, length: isBegun ? await lengthOf(input, first, ts) : first.end - first.start };
}

/** How long something lasts whose end is an event of its own. */
async function lengthOf(input: string, begin: TimedEvent, ts: number): Promise<number> {
  const strings = new StringTable();
  const [threads, operations] = [new ThreadTimeline(strings), new AsyncTimeline(strings)];
  const scale = new TimeScale();
  try {
    for await (const timed of timedEvents(input, scale, { phases: PAIRS })) {
      // What is elsewhere says nothing of its end.
      if (!isOnTrackOf(begin, timed)) continue;
      threads.add(timed);
      operations.add(timed);
    }
    const start = scale.nanoseconds(ts);
    const name = strings.number(begin.name);
    let length = 0;
    const look = (begun: { readonly name: number; readonly start: number }, end: number): void => {
      // Of several that begin at once, it is the outermost.
      if (begun.name === name && begun.start === start) length = Math.max(length, end - start);
    };
    threads.replay({ slice: ({ event, end }) => look(event, end) }, input);
    operations.replay({ operation: (operation) => look(operation.begin, operation.end) });
    return length;
  } finally {
    threads.close();
    operations.close();
  }
}

function isOnTrackOf(begin: TimedEvent, timed: TimedEvent): boolean {
  if (begin.async === undefined) {
    return timed.pid === begin.pid && timed.tid === begin.tid && !isAsync(timed.ph);
  }
  if (timed.async === undefined) return false;
  return asyncTrack(timed, timed.async) === asyncTrack(begin, begin.async);
}

/** Events that have a place in time. What is damaged is passed over, as where the trace is cut. */
async function* timedEvents(
  input: string,
  scale: TimeScale,
  filter: { readonly names?: readonly string[]; readonly phases?: readonly string[] },
): AsyncGenerator<TimedEvent, void, undefined> {
  let index = 0;
  for await (const event of readTrace(input, { ...filter, onProblem: () => {} })) {
    const timed = scale.place({ index: index++, offset: 0, event: event as unknown as RawEvent });
    if (timed !== undefined) yield timed;
  }
}
