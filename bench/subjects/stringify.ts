import { performance } from 'node:perf_hooks';
import { LineFile } from './line-file.js';
import type { OpenSubject } from './subject.js';

/** What one writes who wants no library: `JSON.stringify` and a buffered `writeSync`. */
export const open: OpenSubject = async (file) => {
  const out = new LineFile(file);
  const { pid } = process;
  const record = (count: number, args: ((i: number) => object) | undefined) => {
    for (let i = 0; i < count; i++) {
      const ts = performance.now() * 1000;
      const dur = performance.now() * 1000 - ts;
      const given = args === undefined ? {} : args(i);
      out.add(
        `${JSON.stringify({ name: 'span', cat: 'default', ph: 'X', ts, dur, pid, tid: pid, args: given })},\n`,
      );
    }
  };
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    spansWithNestedArg: (count) => record(count, (i) => ({ a: { i } })),
    drain: async () => out.flush(),
    stop: async () => out.close(),
  };
};
