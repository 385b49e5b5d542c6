import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Tracer } from 'chrome-trace-event';
import type { OpenSubject } from './subject.js';

/**
 * As its README tells: `noStream`, a pipe to a file, and `flush()` at the end. A tracer keeps all
 * its events, so a new one is made for each batch, which is flushed where the batch ends: turning
 * events into text is this library's work on the calling thread, too.
 */
export const open: OpenSubject = async (file) => {
  const out = createWriteStream(file);
  const record = (count: number, args: ((i: number) => object) | undefined) => {
    const tracer = new Tracer({ noStream: true });
    tracer.pipe(out, { end: false });
    const cat = ['default'];
    for (let i = 0; i < count; i++) {
      if (args === undefined) tracer.begin({ name: 'span', cat });
      else tracer.begin({ name: 'span', cat, args: args(i) });
      tracer.end({ name: 'span', cat });
    }
    tracer.flush();
    tracer.push(null);
    unfinished.push(tracer);
  };
  const unfinished: Tracer[] = [];
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    spansWithNestedArg: (count) => record(count, (i) => ({ a: { i } })),
    async drain() {
      await Promise.all(unfinished.splice(0).map((tracer) => finished(tracer)));
      await new Promise<void>((resolve, reject) => {
        out.write('', (error) => (error ? reject(error) : resolve()));
      });
    },
    async stop() {
      out.end();
      await finished(out);
    },
  };
};
