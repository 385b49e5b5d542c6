import { performance } from 'node:perf_hooks';
import { destination, pino } from 'pino';
import type { OpenSubject } from './subject.js';

/** A line for each span, with its start and its duration. */
export const open: OpenSubject = async (file) => {
  const out = destination({ dest: file, sync: false, minLength: 8192 });
  const logger = pino({ base: null, timestamp: false }, out);
  const record = (count: number, args: ((i: number) => object) | undefined) => {
    for (let i = 0; i < count; i++) {
      const ts = performance.now();
      logger.info({ name: 'span', ts, dur: performance.now() - ts, args: args?.(i) });
    }
  };
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    spansWithNestedArg: (count) => record(count, (i) => ({ a: { i } })),
    drain: () =>
      new Promise((resolve, reject) => {
        out.flush((error?: NodeJS.ErrnoException | null) => {
          // It syncs, too, and devices cannot be synced.
          if (error && error.code !== 'EINVAL') reject(error);
          else resolve();
        });
      }),
    async stop() {
      out.end();
    },
  };
};
