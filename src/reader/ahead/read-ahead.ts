import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type EntryHandlers, readEntries, type TraceFacts } from '../source/entries.js';
import { isFile, pathOf } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { readOnThreads } from './reading.js';

/** Of a smaller file, all is read in the time in which a thread starts. */
const WORTH_A_THREAD = 8 * 1024 * 1024;

/**
 * The same as {@link readEntries}, on several processors where that is faster. Handlers that take batches and
 * have a `wantsText` get no texts in them, whatever it would answer: it cannot be asked from another thread.
 */
export async function readAhead(input: TraceInput, handlers: EntryHandlers): Promise<TraceFacts> {
  const facts =
    isFile(input) && isReadAhead(input) ? await readOnThreads(pathOf(input), handlers) : undefined;
  return facts ?? readEntries(input, handlers);
}

/** Whether other threads will read a trace, if they can. */
export function isReadAhead(input: TraceInput): boolean {
  return isFile(input) && availableParallelism() > 1 && isLarge(pathOf(input));
}

function isLarge(path: string): boolean {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size >= WORTH_A_THREAD;
  } catch {
    // Whoever opens it says why it cannot be read.
    return false;
  }
}
