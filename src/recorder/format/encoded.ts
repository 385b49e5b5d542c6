import type { Piece } from '../../encoding/byte-buffer.js';

/**
 * To make a piece of a label costs more than it saves, unless it is used so often. Many labels are used
 * once; that of a long span twice, as the span is shown while it is open, too.
 */
const USES_OF_PIECE = 4;

/** What is kept of labels and lineages. */
export type Encoded = Piece | number | undefined;

/** Counts one more use. Gives the new count; undefined once it pays to make a piece. */
export function countUse(encoded: Encoded): number | undefined {
  const uses = typeof encoded === 'number' ? encoded + 1 : 1;
  return uses < USES_OF_PIECE ? uses : undefined;
}
