import type { Args } from '../types.js';

/** Whether viewers can read the metadata that they look for. */
export function isReadableMetadata(kind: unknown, args: Args): boolean {
  try {
    if (kind === 'process_name' || kind === 'thread_name') return typeof args['name'] === 'string';
    if (kind === 'process_sort_index' || kind === 'thread_sort_index') {
      return Number.isSafeInteger(args['sort_index']);
    }
    return true;
  } catch {
    return false;
  }
}
