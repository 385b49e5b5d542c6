import type { PackingName } from '../../../trace-event/file-names.js';
import { gzip } from './gzip.js';
import type { Packing } from './packing.js';
import { zstd } from './zstd.js';

/** By what the name of the file says. */
export function createPacking(name: PackingName): Packing {
  return name === 'gzip' ? gzip() : zstd();
}
