import { createReadStream, readFileSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { JSONParser } from '@streamparser/json';
import StreamArray from 'stream-json/streamers/stream-array.js';
import { Tracer } from 'tracelane';
import { readTrace } from 'tracelane/reader';
import { report, withFile } from './output.js';

/** Reading a trace event by event: `reading.js READER EVENTS`. */
const [reader = 'tracelane', events = '100000'] = process.argv.slice(2);

const READERS: Record<string, (file: string) => Promise<number>> = {
  async tracelane(file) {
    let count = 0;
    for await (const _event of readTrace(file)) count++;
    return count;
  },
  async '@streamparser/json'(file) {
    let count = 0;
    const parser = new JSONParser({ paths: ['$.*'], keepStack: false });
    parser.onValue = () => {
      count++;
    };
    for await (const block of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      parser.write(block);
    }
    return count;
  },
  async 'stream-json'(file) {
    let count = 0;
    const events = createReadStream(file).pipe(StreamArray.withParserAsStream());
    for await (const _event of events) count++;
    return count;
  },
  /** The floor: what parsing alone takes, of a file that fits into memory. */
  async 'JSON.parse'(file) {
    return JSON.parse(readFileSync(file, 'utf8')).length;
  },
};

await withFile(async (file) => {
  const tracer = new Tracer(file).start();
  for (let i = 0; i < Number(events); i++) {
    tracer.span('span', 'bench', i % 2 === 0 ? { i, kind: 'even' } : undefined).end();
  }
  const { written } = await tracer.stop();
  const read = READERS[reader];
  if (read === undefined) throw new Error(`There is no reader '${reader}'.`);
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const count = await read(file);
  const took = performance.now() - start;
  if (count !== written) throw new Error(`${reader} read ${count} of ${written} events`);
  report({
    'MB/s': statSync(file).size / 1000 / took,
    'peak MiB above': (process.resourceUsage().maxRSS - before) / 1024,
  });
});
