import { CALLER_ID, OWN_ID, PARENT_ID, ROOT_ID, SPAN_ID } from '../../trace-event/lineage.js';
import { readEntries, type TraceEntry } from '../source/entries.js';
import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type TimedEvent, TimeScale, threadKey } from '../timeline/timed-event.js';

/** Something with a begin and an end, and what it belongs to. Times are in nanoseconds. */
export interface CallEvent {
  readonly name: string;
  readonly category: string;
  readonly isSlice: boolean;
  readonly thread: string;
  readonly start: number;
  readonly end: number;
  readonly id: string | undefined;
  readonly root: string | undefined;
  readonly parent: string | undefined;
  /** Of a request that was sent: how its server names it. */
  readonly span: string | undefined;
  /** Of a request that came: the `span` of the one that was sent. */
  readonly caller: string | undefined;
}

/**
 * Reads a trace of tracelane's and hands out its slices and operations in the order in which they end in
 * the file: those inside of others come first. Memory grows with what is open.
 */
export async function readCalls(
  input: TraceInput,
  take: (call: CallEvent) => void,
  onProgress?: (progress: Progress) => void,
): Promise<{ readonly file: string }> {
  const scale = new TimeScale();
  const open = new Map<string, TimedEvent[]>();
  const onEntry = (entry: TraceEntry): void => {
    const event = scale.place(entry);
    if (event === undefined) return;
    const { ph } = event;
    if (ph === 'X' && !event.unfinished) take(callOf(event, event.end));
    else if (ph === 'b') {
      const key = operationKey(event);
      const others = open.get(key);
      if (others === undefined) open.set(key, [event]);
      else others.push(event);
    } else if (ph === 'e') {
      const key = operationKey(event);
      const begun = open.get(key);
      const begin = begun?.pop();
      if (begun?.length === 0) open.delete(key);
      if (begin !== undefined) take(callOf(begin, event.start));
    }
  };
  const { name: file } = await readEntries(input, { onEntry, onProblem: () => {}, onProgress });
  return { file };
}

/** Operations on one track may nest; one that has the same name there begins and ends inside. */
function operationKey({ cat, name, async }: TimedEvent): string {
  return JSON.stringify([cat, async?.id, name]);
}

function callOf(begin: TimedEvent, end: number): CallEvent {
  const { name, cat, ph, pid, tid, start, event } = begin;
  const args = (event.args ?? {}) as Readonly<Record<string, unknown>>;
  return {
    name,
    category: typeof args['category'] === 'string' ? args['category'] : cat,
    isSlice: ph === 'X',
    thread: threadKey(pid, tid),
    start,
    end: Math.max(start, end),
    id: textOf(args[OWN_ID]),
    root: textOf(args[ROOT_ID]),
    parent: textOf(args[PARENT_ID]) ?? textOf(args[ROOT_ID]),
    span: textOf(args[SPAN_ID]),
    caller: textOf(args[CALLER_ID]),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
