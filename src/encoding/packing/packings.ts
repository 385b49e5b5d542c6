import type { PackingName } from '../../trace-event/file-names.js';
import { gzip } from './gzip.js';
import type { Effort, Packing } from './packing.js';
import { zstd } from './zstd.js';

const EFFORTS = {
  /**
   * While a program runs. Of gzip, 3 packs events to within a fifth of what 6 does, in a third of the time;
   * of zstd, 2 to what 3 does. A larger window makes no difference for events, and costs more than what a
   * small flush packs.
   */
  small: { gzipLevel: 3, zstdLevel: 2, windowBytes: 4 * 1024 },
  /** As the tools themselves do, with all of the window that deflate has. */
  usual: { gzipLevel: 6, zstdLevel: 3, windowBytes: 32 * 1024 },
} as const satisfies Readonly<Record<string, Effort>>;

/** By what the name of the file says. */
export function createPacking(name: PackingName, effort: keyof typeof EFFORTS): Packing {
  const create = name === 'gzip' ? gzip : zstd;
  return create(EFFORTS[effort]);
}
