import { fstatSync } from 'node:fs';
import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import type { SourceContext } from './source.js';
import { counterName } from './thread-counter.js';
import { Undo } from './undo.js';

const INTERVAL_MS = 250;

/**
 * Whether standard input, output and error are open. libuv of Node 20 ends the process where the file that it asks for
 * the resident memory gets one of their numbers.
 */
function hasStandardStreams(): boolean {
  try {
    for (const fd of [0, 1, 2]) fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Memory of this thread's heap, and what the process has of the system in all. */
export function traceMemory({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const heap = counterName('memory');
  const record = () => {
    const { used_heap_size, external_memory } = getHeapStatistics();
    tracer.counter(heap, { heap: used_heap_size, external: external_memory }, 'memory');
    if (isMainThread && hasStandardStreams()) {
      tracer.counter('resident memory', process.memoryUsage.rss(), 'memory');
    }
  };
  record();
  undo.every(INTERVAL_MS, record);
  undo.add(record);
  return undo;
}
