import type { Piece } from '../../encoding/byte-buffer.js';

/**
 * What is made of a label costs more than what it saves, if it is not used that often. Many are used
 * once; that of a long span twice, as it is shown while it is open.
 */
const USES_OF_PIECE = 4;

/** What is kept of labels and lineages. */
export type Encoded = Piece | number | undefined;

/** How often something was used that was used once more; undefined where a piece pays from now on. */
export function usedOnce(encoded: Encoded): number | undefined {
  const uses = typeof encoded === 'number' ? encoded + 1 : 1;
  return uses < USES_OF_PIECE ? uses : undefined;
}
