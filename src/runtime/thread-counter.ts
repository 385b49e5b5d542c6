import { isMainThread, threadId } from 'node:worker_threads';

/** Viewers know a counter by its process and name, so those of worker threads have names of their own. */
export function counterName(name: string): string {
  return isMainThread ? name : `${name}, worker ${threadId}`;
}
