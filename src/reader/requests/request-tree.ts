import { MAX_DEPTH } from '../../trace-event/numbers.js';
import { isRereadable, type Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type CallEvent, readCalls } from './read-calls.js';
import { SentRequests } from './sent-requests.js';

/** So many slices and operations of a request are shown: the first that end. */
const MAX_EVENTS = 100_000;

/** A part of a request, and what belongs to it. Times are in nanoseconds. */
export interface RequestPart {
  readonly name: string;
  readonly category: string;
  readonly kind: 'slice' | 'operation';
  readonly id: string | undefined;
  /** Since the begin of the request. */
  readonly start: number;
  /** Undefined where it was never ended. */
  readonly duration: number | undefined;
  readonly children: RequestPart[];
}

/** One request, with what servers have done for it, as far as they are in the trace. */
export interface RequestTree {
  readonly root: RequestPart;
  /** How many slices and operations are not shown, as there are too many, or they lie too deep. */
  readonly leftOut: number;
  /** False where what happened inside of servers is not shown, as the trace can be read only once. */
  readonly isWhole: boolean;
}

/**
 * One request as a tree: what was begun in it, below the call in which it was; undefined if it is not
 * there.
 */
export async function readRequest(
  input: TraceInput,
  id: string,
  onProgress?: (progress: Progress) => void,
): Promise<RequestTree | undefined> {
  const calls: CallEvent[] = [];
  const sent = new SentRequests();
  let own: CallEvent | undefined;
  let leftOut = 0;
  const keep = (call: CallEvent): void => {
    if (calls.length >= MAX_EVENTS) leftOut++;
    else calls.push(call);
  };
  const take = (call: CallEvent): void => {
    sent.take(call);
    if (call.id === id) own = call;
    else if (call.root === id) keep(call);
  };
  await readCalls(input, take, onProgress);
  if (own === undefined) return undefined;
  const received = sent.below(id);
  const isWhole = received.length === 0 || isRereadable(input);
  if (!isWhole) {
    const known = new Set([id, ...calls.map((call) => call.id)]);
    for (const call of received) if (known.has(call.parent)) keep(call);
  } else if (received.length > 0) {
    // What they led to may stand anywhere in the trace, also before what they were sent by.
    const roots = new Set(received.map((call) => call.id));
    for (const call of received) keep(call);
    const takeInside = (call: CallEvent): void => {
      if (roots.has(call.root)) keep(call);
    };
    await readCalls(input, takeInside, onProgress);
  }
  const root = treeOf(own, calls);
  leftOut += leaveOutDeep(root);
  return { root, leftOut, isWhole };
}

/** Leaves out what lies deeper than viewers draw, in whatever calls itself again and again; gives how many. */
function leaveOutDeep(root: RequestPart): number {
  let leftOut = 0;
  let level = [root];
  for (let depth = 1; level.length > 0; depth++) {
    const below = level.flatMap(({ children }) => children);
    if (depth === MAX_DEPTH) for (const { children } of level) children.length = 0;
    if (depth >= MAX_DEPTH) leftOut += below.length;
    level = below;
  }
  return leftOut;
}

function treeOf(root: CallEvent, calls: CallEvent[]): RequestPart {
  const partOf = (call: CallEvent): RequestPart => {
    const { name, category, id } = call;
    const kind = call.isSlice ? 'slice' : 'operation';
    const start = call.start - root.start;
    const duration = call.isUnfinished ? undefined : call.end - call.start;
    return { name, category, kind, id, start, duration, children: [] };
  };
  const top = partOf(root);
  // The outer one first, of two that begin at once.
  const sorted = calls.sort((a, b) => a.start - b.start || b.end - a.end);
  const parts = new Map<CallEvent, RequestPart>(sorted.map((call) => [call, partOf(call)]));
  const byId = new Map([[root.id, top]]);
  for (const [{ id }, part] of parts) if (id !== undefined) byId.set(id, part);
  /** The slices of each thread that are not over yet, the innermost last. */
  const open = new Map<string, CallEvent[]>();
  for (const [call, part] of parts) {
    const { thread, start, end, parent } = call;
    const around = open.get(thread) ?? [];
    open.set(thread, around);
    while ((around.at(-1)?.end ?? Number.POSITIVE_INFINITY) < end) around.pop();
    const outer = around.at(-1);
    // A slice inside of one that belongs to the same call lies in that.
    const inSlice = outer !== undefined && outer.parent === parent && outer.end > start;
    const below = inSlice ? parts.get(outer) : byId.get(parent);
    (below ?? top).children.push(part);
    if (call.isSlice) around.push(call);
  }
  return top;
}
