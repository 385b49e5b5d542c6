import { closeSync, openSync, statSync, writeSync } from 'node:fs';

const THREADS = 4;
const BLOCK_BYTES = 1024 * 1024;

/** Writes a trace of about so many bytes: calls and what they call, as tools write them at their ends. */
export function writeLongTrace(file: string, bytes: number, withArguments: boolean): number {
  const names = Array.from({ length: 200 }, (_, i) => {
    return `${['parse', 'compile', 'http.request', 'db.query', 'render component'][i % 5]} ${i}`;
  });
  const fd = openSync(file, 'w');
  try {
    const times = new Array<number>(THREADS).fill(0);
    let random = 1;
    const below = (limit: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return Math.floor((random / 0x8000_0000) * limit);
    };
    let text = '[\n';
    let written = 0;
    let count = 0;
    const put = (thread: number, start: number, duration: number): void => {
      const args = withArguments
        ? `{"path":"/src/modules/${count}/index.ts","n":${count},"ok":true,"sizes":{"in":[1,20],"out":null}}`
        : '{}';
      text += `${count++ === 0 ? '' : ',\n'}{"name":"${names[below(names.length)]}","cat":"default","ph":"X"`;
      text += `,"ts":${start / 1000},"dur":${duration / 1000},"pid":4242,"tid":${4242 + thread},"args":${args}}`;
    };
    while (written + text.length < bytes) {
      const thread = count % THREADS;
      const start = times[thread] ?? 0;
      let at = start + 500;
      for (let inner = below(7); inner > 0; inner--) {
        const duration = 1 + below(20_000);
        put(thread, at, duration);
        at += duration + 100;
      }
      put(thread, start, at - start);
      times[thread] = at + 1000;
      if (text.length > BLOCK_BYTES) {
        written += writeSync(fd, text);
        text = '';
      }
    }
    writeSync(fd, `${text}\n]\n`);
  } finally {
    closeSync(fd);
  }
  return statSync(file).size;
}
