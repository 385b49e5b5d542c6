import type { ReusedEvent } from './thread-events.js';
import { MAX_CATEGORIES } from './thread-track.js';
import { phaseOf } from './track-phases.js';

/**
 * The events of threads as rows of numbers. Their places in a row are those that are written and read below.
 * Two of them hold two numbers, as a narrow row is sorted sooner: the index with the phase, and the name with
 * the category.
 */
export const COLUMNS = {
  sortedBy: ['thread', 'start', 'minusEnd', 'indexAndPhase'],
  others: ['key', 'offset'],
} as const;
export type ColumnName = (typeof COLUMNS.sortedBy)[number] | (typeof COLUMNS.others)[number];
export const KEYS: number = COLUMNS.sortedBy.length;
export const WIDTH: number = KEYS + COLUMNS.others.length;

/** More than there are phases. */
const PHASES = 16;
/** In place of when it ends: for ends that come before all else of their time. */
export const FIRST: number = Number.NEGATIVE_INFINITY;

/** Writes a row at a place. */
export function putRow(
  rows: Float64Array,
  at: number,
  phase: number,
  thread: number,
  start: number,
  minusEnd: number,
  name: number,
  category: number,
  index: number,
  offset: number,
): void {
  rows[at] = thread;
  rows[at + 1] = start;
  rows[at + 2] = minusEnd;
  rows[at + 3] = index * PHASES + phase;
  rows[at + 4] = name * MAX_CATEGORIES + category;
  rows[at + 5] = offset;
}

/** Makes the event of a row. */
export function fill(event: ReusedEvent, rows: Float64Array, at: number): ReusedEvent {
  const [minusEnd, indexAndPhase, key] = [rows[at + 2], rows[at + 3], rows[at + 4]];
  event.thread = rows[at];
  event.start = rows[at + 1];
  event.end = minusEnd === FIRST ? event.start : -minusEnd;
  event.index = Math.floor(indexAndPhase / PHASES);
  event.phase = phaseOf(indexAndPhase - event.index * PHASES);
  event.name = Math.floor(key / MAX_CATEGORIES);
  event.category = key - event.name * MAX_CATEGORIES;
  event.offset = rows[at + 5];
  return event;
}
