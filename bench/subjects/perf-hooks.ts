import { PerformanceObserver, performance } from 'node:perf_hooks';
import { LineFile } from './line-file.js';
import type { OpenSubject } from './subject.js';

export const open: OpenSubject = async (file) => {
  const out = new LineFile(file);
  const observer = new PerformanceObserver((list) => {
    for (const { name, startTime, duration, detail } of list.getEntries() as PerformanceMeasure[]) {
      out.add(`${JSON.stringify({ name, startTime, duration, detail })}\n`);
    }
    // The timeline keeps them else.
    performance.clearMeasures();
  });
  observer.observe({ entryTypes: ['measure'] });
  const record = (count: number, detail: ((i: number) => object) | undefined) => {
    for (let i = 0; i < count; i++) {
      performance.mark('begin');
      performance.measure('span', { start: 'begin', detail: detail?.(i) });
      performance.clearMarks('begin');
    }
  };
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    spansWithNestedArg: (count) => record(count, (i) => ({ a: { i } })),
    async drain() {
      // The observer is called from a task of its own.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      out.flush();
    },
    async stop() {
      observer.disconnect();
      out.close();
    },
  };
};

interface PerformanceMeasure {
  readonly name: string;
  readonly startTime: number;
  readonly duration: number;
  readonly detail?: unknown;
}
