import { type LineageData, NONE } from '../model/model-data.js';
import type { EventMarks } from './event-marks.js';

/**
 * What belongs to what.
 *
 * @param events For each slice, the place of its event in the file.
 * @param trackOf The track of the thread on which a call began, or NONE.
 */
export function lineageOf(
  { own, roots: rootOf, sent, received, calls: callCount }: EventMarks,
  events: Uint32Array,
  trackOf: (call: number) => number,
): LineageData {
  const roots = new Uint32Array(events.length);
  const calls = new Uint32Array(callCount).fill(NONE);
  const outermost = Uint32Array.from(calls, (_, call) => call);
  /** Outermost calls by what they have sent, and what was received for which of them. */
  const senders = new Map<number, number>();
  const receivers: [call: number, span: number][] = [];
  for (const [slice, event] of events.entries()) {
    const call = own.get(event);
    const root = rootOf.get(event) === NONE ? call : rootOf.get(event);
    roots[slice] = root;
    if (call !== NONE) calls[call] = slice;
    if (root === NONE) continue;
    const [span, caller] = [sent.get(event), received.get(event)];
    if (span !== undefined) senders.set(span, root);
    if (caller !== undefined) receivers.push([root, caller]);
  }
  for (const [call, span] of receivers) {
    const sender = senders.get(span);
    // Never in a circle, whatever a file says.
    if (sender !== undefined && topOf(outermost, sender) !== call) outermost[call] = sender;
  }
  for (let call = 0; call < callCount; call++) outermost[call] = topOf(outermost, call);
  return { roots, calls, threads: Uint32Array.from(calls, (_, call) => trackOf(call)), outermost };
}

/** Halves the way there each time: what calls what calls what may be a long chain. */
function topOf(outermost: Uint32Array, call: number): number {
  let top = call;
  while (outermost[top] !== top) {
    outermost[top] = outermost[outermost[top]];
    top = outermost[top];
  }
  return top;
}
