import { fstatSync } from 'node:fs';
import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import type { SourceContext } from './source.js';
import { counterName } from './thread-counter.js';
import { Undo } from './undo.js';

const INTERVAL_MS = 250;

/**
 * What the process has of the system; undefined where that cannot be asked. libuv opens a file for it, for
 * which the process may have no descriptor left. If 0, 1 or 2 is free, the file gets that one, and libuv on
 * Node 20 aborts the process.
 */
function residentMemory(): number | undefined {
  try {
    for (const fd of [0, 1, 2]) fstatSync(fd);
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/** Memory of this thread's heap, and what the process has of the system in all. */
export function traceMemory({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const heap = counterName('memory');
  const record = () => {
    const { used_heap_size, external_memory } = getHeapStatistics();
    tracer.counter(heap, { heap: used_heap_size, external: external_memory }, 'memory');
    const resident = isMainThread ? residentMemory() : undefined;
    if (resident !== undefined) tracer.counter('resident memory', resident, 'memory');
  };
  record();
  undo.every(INTERVAL_MS, record);
  undo.add(record);
  return undo;
}
