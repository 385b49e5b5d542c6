import { sortRows } from '../../reader/timeline/sort-rows.js';

/** Slices in the order in which they stand in the file, and where each begins. */
export interface FileOrder {
  readonly slices: Uint32Array;
  readonly offsets: Float64Array;
}

/** @param offsets For each slice, where its event begins. */
export function inFileOrder(offsets: Float64Array): FileOrder {
  const slices = sortRows({ values: offsets, width: 1, keys: 1, count: offsets.length });
  return { slices, offsets: Float64Array.from(slices, (slice) => offsets[slice]) };
}
