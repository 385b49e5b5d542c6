import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type CallEvent, readCalls } from './read-calls.js';

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
  readonly duration: number;
  readonly children: RequestPart[];
}

/** One request as a tree: what was begun in it, below the call in which it was; undefined if it is not there. */
export async function readRequest(
  input: TraceInput,
  id: string,
  onProgress?: (progress: Progress) => void,
): Promise<{ readonly root: RequestPart; readonly leftOut: number } | undefined> {
  const calls: CallEvent[] = [];
  let own: CallEvent | undefined;
  let leftOut = 0;
  const take = (call: CallEvent): void => {
    if (call.id === id) own = call;
    else if (call.root !== id) return;
    else if (calls.length >= MAX_EVENTS) leftOut++;
    else calls.push(call);
  };
  await readCalls(input, take, onProgress);
  return own && { root: treeOf(own, calls), leftOut };
}

function treeOf(root: CallEvent, calls: CallEvent[]): RequestPart {
  const partOf = ({ name, category, isSlice, id, start, end }: CallEvent): RequestPart => {
    const kind = isSlice ? 'slice' : 'operation';
    const [from, duration] = [start - root.start, end - start];
    return { name, category, kind, id, start: from, duration, children: [] };
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
