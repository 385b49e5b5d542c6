import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import type { SourceContext } from './source.js';

const NAMES: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor GC'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major GC'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental GC'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'GC of weak references'],
]);

interface Detail {
  readonly kind: number;
  readonly flags: number;
}

/** The collections of garbage on this thread. */
export function traceGc({ tracer }: SourceContext): Disposable {
  const record = (entries: readonly PerformanceEntry[]) => {
    for (const entry of entries) {
      const { startTime, duration } = entry;
      const { kind, flags } = (entry as { detail?: unknown }).detail as Detail;
      const isForced = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
      const args = isForced ? { forced: true } : undefined;
      tracer.complete(NAMES.get(kind) ?? 'GC', startTime, duration, 'gc', args);
    }
  };
  const observer = new PerformanceObserver((list) => record(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    [Symbol.dispose]() {
      record(observer.takeRecords());
      observer.disconnect();
    },
  };
}
