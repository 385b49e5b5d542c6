import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { readCalls } from './read-calls.js';
import { RequestTimes, type RequestTimesSummary } from './request-times.js';

export interface RequestsSummary extends RequestTimesSummary {
  readonly file: string;
}

/** Where the time of requests went: of outermost calls in a trace, by their names. */
export async function summarizeRequests(
  input: TraceInput,
  onProgress?: (progress: Progress) => void,
): Promise<RequestsSummary> {
  const requests = new RequestTimes();
  const { file } = await readCalls(input, (call) => requests.take(call), onProgress);
  return { file, ...requests.summary() };
}
