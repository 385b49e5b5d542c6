import assert from 'node:assert/strict';
import type { TracerOptions } from 'tracelane';
import {
  ownArguments,
  type RecordedEvent,
  type RecordedTrace,
  recordTrace,
} from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';
import { type DevToolsAsyncSlice, importIntoDevTools } from '../../viewers/devtools.js';

/** A traced call as a viewer has it. Times are in microseconds. */
export interface Call {
  readonly name: string;
  readonly category: string;
  readonly start: number;
  readonly end: number;
  readonly args: Readonly<Record<string, unknown>>;
  /** On the track of its thread: how far down. */
  readonly depth?: number;
  /** On a track of its own: which one. */
  readonly track?: string | number;
}

export interface RecordedCalls extends RecordedTrace {
  /** In the order in which they began. */
  readonly calls: readonly Call[];
}

/** Half a nanosecond, the unit of all times. */
const SAME_TIME = 0.0005;

/** Records what traced functions do in `body`. No viewer may find anything wrong with the trace. */
export async function recordCalls(
  body: () => unknown,
  options: TracerOptions = {},
): Promise<RecordedCalls> {
  const trace = await recordTrace(options, body);
  if (trace.text === '') return { ...trace, calls: [] };
  assert.deepEqual(checkTrace(trace.text), []);
  const { threads, asyncSlices } = await importIntoDevTools(trace.text);
  const slices = threads.flatMap((thread) => thread.slices);
  const calls = [
    ...slices.map(({ name, cat, start, duration, args, depth }): Call => {
      const own = ownArguments(args);
      return { name, category: cat, start, end: start + duration, args: own, depth };
    }),
    ...asyncSlices.map((slice) => operation(slice, trace.events)),
  ];
  return { ...trace, calls: calls.sort((a, b) => a.start - b.start) };
}

/** DevTools drops the arguments of async events: they are the file's, of the begin and the end. */
function operation(slice: DevToolsAsyncSlice, events: readonly RecordedEvent[]): Call {
  const { name, cat, id, start, duration } = slice;
  const end = start + duration;
  const argsAt = (phase: string, time: number) =>
    events.find(
      (event) =>
        event.ph === phase &&
        event.id === id &&
        event.name === name &&
        Math.abs(event.ts - time) < SAME_TIME,
    )?.args;
  const args = ownArguments({ ...argsAt('b', start), ...argsAt('e', end) });
  return { name, category: cat, start, end, args, track: id };
}

/** The calls of a name. */
export function callsOf({ calls }: RecordedCalls, name: string): readonly Call[] {
  return calls.filter((call) => call.name === name);
}

/** The one call of a name. */
export function callOf(recorded: RecordedCalls, name: string): Call {
  const [call, ...more] = callsOf(recorded, name);
  assert.ok(call !== undefined && more.length === 0, `${1 + more.length} calls of ${name}`);
  return call;
}

/** Whether one call was over before the other one, in which it began. */
export function isInside(inner: Call, outer: Call): boolean {
  return outer.start < inner.start && inner.end < outer.end;
}

/** How a call was drawn, for comparison. */
export function drawnAs({ depth }: Call): 'slice' | 'operation' {
  return depth === undefined ? 'operation' : 'slice';
}
