import { type RawEvent, readEntries } from '../source/entries.js';
import { NO_TEXT } from '../source/list-reader.js';
import type { TraceInput } from '../source/trace-input.js';
import { isTraceStart } from '../source/trace-start.js';
import { Names } from '../summary/names.js';
import { needsTid, type ThreadIds, threadOf } from '../timeline/timed-event.js';
import type { CutOptions } from './cut-options.js';

export type ThreadFilter = (event: RawEvent | ThreadIds) => boolean;

/**
 * Which threads are kept, if not all are. A name may stand at the end of a file, so that all of it is
 * read for them.
 */
export async function threadFilter(
  input: TraceInput,
  { thread, process }: CutOptions,
): Promise<ThreadFilter | undefined> {
  if (thread === undefined && process === undefined) return undefined;
  const names = new Names();
  await readEntries(input, {
    onEntry: ({ event }) => {
      if (event?.ph === 'M') names.take(event);
    },
    onBatch: (batch) => {
      for (let row = 0; row < batch.count; row++) {
        if (batch.ph[row] === METADATA) names.take(JSON.parse(batch.text(row)) as RawEvent);
      }
    },
    wantsText: NO_TEXT,
    onProblem: () => {},
  });
  return (event) => {
    const { pid, tid } = threadOf(event as RawEvent);
    const isMetadata = 'ph' in event && event.ph === 'M';
    // By the clock of a trace it can be merged with others, whichever process tells of it.
    if (isMetadata && isTraceStart(event)) return true;
    if (process?.(pid, names.processName(pid)) === false) return false;
    // What is said of a process may stand on any of its threads.
    if (isMetadata && !needsTid(event)) return true;
    return thread?.(tid, names.threadName(pid, tid)) ?? true;
  };
}

const METADATA = 'M'.charCodeAt(0);
