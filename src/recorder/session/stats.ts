import { atomics, toNumber } from '../../intrinsics/language.js';
import type { Arena } from '../arena/arena.js';
import { countRecorded } from '../arena/counts.js';
import {
  COUNTER_BYTES,
  COUNTER_DROPPED,
  COUNTER_INVALID,
  COUNTER_JOINED,
  COUNTER_LOST,
  COUNTER_OPEN,
  COUNTER_UNMATCHED,
  COUNTER_WRITE_ERRORS,
  COUNTER_WRITTEN,
} from '../arena/layout.js';
import type { TraceStats } from '../types.js';

export const NO_STATS: TraceStats = Object.freeze({
  events: 0,
  written: 0,
  dropped: 0,
  lost: 0,
  bytesWritten: 0,
  unmatchedEnds: 0,
  openSpans: 0,
  invalid: 0,
  writeErrors: 0,
  joined: 0,
  parts: 0,
  unjoined: [],
});

/**
 * The counters of an arena. `events`, `dropped` and `invalid` are of now; what the writer counts, as
 * `written`, `unmatchedEnds` and `openSpans`, is as of its last flush.
 */
export function readStats(arena: Arena): TraceStats {
  const counter = (index: number) => toNumber(atomics.load(arena.counters, index));
  return {
    events: countRecorded(arena),
    written: counter(COUNTER_WRITTEN),
    dropped: counter(COUNTER_DROPPED),
    lost: counter(COUNTER_LOST),
    bytesWritten: counter(COUNTER_BYTES),
    unmatchedEnds: counter(COUNTER_UNMATCHED),
    openSpans: counter(COUNTER_OPEN),
    invalid: counter(COUNTER_INVALID),
    writeErrors: counter(COUNTER_WRITE_ERRORS),
    joined: counter(COUNTER_JOINED),
    // At the end of the recording, `Session` adds those that stand beside the file.
    parts: counter(COUNTER_JOINED),
    unjoined: [],
  };
}
