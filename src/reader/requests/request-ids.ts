import type { TraceInput } from '../source/trace-input.js';
import { readCalls } from './read-calls.js';
import { SentRequests } from './sent-requests.js';

/**
 * The ids of the outermost calls that a request consists of: its own, and those of the requests that were
 * sent on its behalf, in other processes, too. Undefined if there is no call of this id.
 */
export async function requestIds(
  input: TraceInput,
  id: string,
): Promise<ReadonlySet<string> | undefined> {
  const sent = new SentRequests();
  let isThere = false;
  await readCalls(input, (call) => {
    sent.take(call);
    isThere ||= call.id === id;
  });
  if (!isThere) return undefined;
  const ids = new Set([id]);
  for (const received of sent.below(id)) if (received.id !== undefined) ids.add(received.id);
  return ids;
}
