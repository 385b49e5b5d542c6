import { isSlice } from '../../trace-event/phases.js';
import { readBlocks } from '../source/entries.js';
import { NO_TEXT } from '../source/list-reader.js';
import { type Progress, TraceSource } from '../source/source.js';

const [X, B] = Buffer.from('XB');

/** Whether there is a slice in a trace. Reads up to the first one: all of it only if there is none. */
export async function hasSlices(
  file: string,
  onProgress?: (progress: Progress) => void,
): Promise<boolean> {
  let found = false;
  const blocks = readBlocks(new TraceSource(file), {
    onEntry: ({ event }) => {
      // An end alone is no slice.
      if (isSlice(event?.ph) && event?.ph !== 'E') found = true;
    },
    onBatch: ({ ph, count }) => {
      found ||= ph.subarray(0, count).some((letter) => letter === X || letter === B);
    },
    wantsText: NO_TEXT,
    onProblem: () => {},
    onProgress,
  });
  for await (const _ of blocks) if (found) return true;
  return found;
}
