import {
  CALLER_ID,
  OWN_CATEGORY,
  OWN_ID,
  PARENT_ID,
  ROOT_ID,
  SPAN_ID,
} from '../../trace-event/lineage.js';
import { MAX_DEPTH } from '../../trace-event/numbers.js';
import { isSlice } from '../../trace-event/phases.js';
import { readEntries, type TraceEntry } from '../source/entries.js';
import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type TimedEvent, TimeScale, threadKey } from '../timeline/timed-event.js';
import { entryOf } from './entry-of.js';

/** Something with a begin and an end, and what it belongs to. Times are in nanoseconds. */
export interface CallEvent {
  readonly name: string;
  readonly category: string;
  readonly isSlice: boolean;
  readonly thread: string;
  readonly start: number;
  /** Of what was never ended: the end of the trace. */
  readonly end: number;
  readonly isUnfinished: boolean;
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
 * the file: those inside of others come first, and in the end what was never ended. Memory grows with what is
 * open.
 */
export async function readCalls(
  input: TraceInput,
  take: (call: CallEvent) => void,
  onProgress?: (progress: Progress) => void,
): Promise<{ readonly file: string }> {
  const scale = new TimeScale();
  /** Operations, by what they have in common with their ends, and begins of slices, by threads. */
  const open = new Map<string, TimedEvent[]>();
  const begun = new Map<string, TimedEvent[]>();
  let last = Number.NEGATIVE_INFINITY;
  const onEntry = (entry: TraceEntry): void => {
    const event = scale.place(entry);
    if (event === undefined) return;
    const { ph, pid, tid } = event;
    last = Math.max(last, event.end);
    // What other tools have written without a length belongs to no request.
    if (event.unfinished) return;
    if (ph === 'X') take(callOf(event, event.end));
    else if (ph === 'B') entryOf(begun, threadKey(pid, tid), () => []).push(event);
    else if (ph === 'E') {
      for (const begin of endedBy(event, begun.get(threadKey(pid, tid)))) {
        take(callOf(begin, event.start));
      }
    } else if (ph === 'b') {
      entryOf(open, operationKey(event), () => []).push(event);
    } else if (ph === 'e') {
      const key = operationKey(event);
      const others = open.get(key);
      const begin = others?.pop();
      if (others?.length === 0) open.delete(key);
      if (begin !== undefined) take(callOf(begin, event.start));
    }
  };
  const { name: file } = await readEntries(input, { onEntry, onProblem: () => {}, onProgress });
  for (const unfinished of [...begun.values(), ...open.values()]) {
    for (const begin of unfinished.reverse()) take(callOf(begin, last, true));
  }
  return { file };
}

/**
 * Takes those from the stack of a thread that end now: the last one that has the name and the category of
 * the end, as far as it says these, and before it what lies in that and has lost its end.
 */
function endedBy({ name, cat }: TimedEvent, begun: TimedEvent[] = []): TimedEvent[] {
  // No viewer shows what lies deeper, and ends of nothing are not to cost more for it.
  const least = Math.max(0, begun.length - MAX_DEPTH);
  for (let at = begun.length - 1; at >= least; at--) {
    const begin = begun[at];
    if ((name !== '' && name !== begin.name) || (cat !== '' && cat !== begin.cat)) continue;
    return begun.splice(at).reverse();
  }
  return [];
}

/** Operations on one track may nest; one that has the same name there begins and ends inside. */
function operationKey({ cat, name, async }: TimedEvent): string {
  return JSON.stringify([cat, async?.id, name]);
}

function callOf(begin: TimedEvent, end: number, isUnfinished = false): CallEvent {
  const { name, cat, ph, pid, tid, start, event } = begin;
  const args = (event.args ?? {}) as Readonly<Record<string, unknown>>;
  return {
    name,
    category: typeof args[OWN_CATEGORY] === 'string' ? args[OWN_CATEGORY] : cat,
    isSlice: isSlice(ph),
    thread: threadKey(pid, tid),
    start,
    end: Math.max(start, end),
    isUnfinished,
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
