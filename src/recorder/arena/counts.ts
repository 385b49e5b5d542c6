import { atomics, toNumber } from '../../intrinsics/language.js';
import type { Arena } from './arena.js';
import {
  CHUNK_FREE,
  COMMIT_EVENT_SHIFT,
  COUNTER_FREED,
  HEADER_COMMIT,
  HEADER_STATE,
  ROLE_FINISHED,
  SLOT_RELEASING,
  SLOT_WRITER_ROLE,
} from './layout.js';

/** How many events all threads have recorded so far: those that were read, and those in chunks. */
export function countRecorded(arena: Arena): number {
  const { int32, counters, chunkCount } = arena;
  for (;;) {
    // A writer that has finished has moved all that it read to the total, before it said so.
    if (atomics.load(int32, SLOT_WRITER_ROLE) === ROLE_FINISHED)
      return toNumber(atomics.load(counters, COUNTER_FREED));
    // The writer moves counts from chunks to the total between two steps of this version: a sum
    // that was taken meanwhile may hold a chunk's events twice or not at all.
    const version = atomics.load(int32, SLOT_RELEASING);
    let events = toNumber(atomics.load(counters, COUNTER_FREED));
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const header = arena.header(chunk);
      if (int32[header + HEADER_STATE] === CHUNK_FREE) continue;
      events += atomics.load(int32, header + HEADER_COMMIT) >>> COMMIT_EVENT_SHIFT;
    }
    if ((version & 1) === 0 && atomics.load(int32, SLOT_RELEASING) === version) return events;
  }
}
