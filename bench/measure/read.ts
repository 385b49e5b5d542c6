import { spawnSync } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { readTrace, readTraceBatches } from 'tracelane/reader';
import { report, withFile } from './output.js';

/**
 * Reading a long trace in every way, each in a process of its own: `read.js with|without|long BYTES`.
 * It starts itself as `read.js WAY FILE` for each of them.
 */
const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
/** V8 has no string of more than 512 MB: JSON.parse gets the file in pieces. */
const PIECE_BYTES = 256 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const THREADS = 4;

const WAYS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  summary: (file) => command('summary', file),
  check: (file) => command('check', file),
  // What comes as standard input is read on the main thread.
  'summary on one core': () => command('summary', '-'),
  'check on one core': () => command('check', '-'),
  async readTrace(file) {
    for await (const _event of readTrace(file));
  },
  async filter(file) {
    for await (const _events of readTraceBatches(file, { phases: ['X'], names: ['parse 1'] }));
  },
  /** What reading in this language is measured by. */
  async 'JSON.parse'(file) {
    for (const piece of pieces(file)) JSON.parse(piece);
  },
  /** The least that any reader does which looks at each byte. */
  async bytes(file) {
    let braces = 0;
    for await (const block of createReadStream(file, { highWaterMark: BLOCK_BYTES })) {
      for (let at = 0; at < block.length; at++) if (block[at] === 0x7b) braces++;
    }
    return braces;
  },
  async inflate(file) {
    const packed = createReadStream(file, { highWaterMark: BLOCK_BYTES });
    for await (const _block of packed.pipe(createGunzip({ chunkSize: BLOCK_BYTES })));
  },
};

const COMMANDS = ['summary', 'check'];
const PLAIN_WAYS = [...COMMANDS, 'readTrace', 'filter', 'JSON.parse', 'bytes'];

const [what = 'without', given = '20000000'] = process.argv.slice(2);
const way = WAYS[what];
if (way !== undefined) {
  const start = performance.now();
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const cpu = (userCPUTime + systemCPUTime) / 1e6;
    const measured = { cpu, wall: (performance.now() - start) / 1e3, peak: maxRSS / 1024 };
    process.stderr.write(`\n${JSON.stringify(measured)}\n`);
  });
  await way(given);
} else {
  await withFile(async (file) => {
    const bytes = make(file, Number(given), what === 'with');
    const measures: Record<string, number> = {};
    const measure = (name: string, subject = file): void => {
      const { cpu, wall, peak } = run(name, subject);
      const title = subject === file ? name : `${name} of gz`;
      measures[`${title}: MB/s of CPU`] = bytes / 1e6 / cpu;
      measures[`${title}: MB/s`] = bytes / 1e6 / wall;
      measures[`${title}: peak MiB`] = peak;
    };
    for (const name of what === 'long' ? COMMANDS : PLAIN_WAYS) measure(name);
    if (what !== 'long') for (const name of COMMANDS) measure(`${name} on one core`);
    if (what !== 'long') {
      const packed = `${file}.gz`;
      try {
        await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(packed));
        measure('inflate', packed);
        measure('check', packed);
      } finally {
        rmSync(packed, { force: true });
      }
    }
    report(measures);
  });
}

interface Measured {
  readonly cpu: number;
  readonly wall: number;
  readonly peak: number;
}

function run(name: string, file: string): Measured {
  const self = fileURLToPath(import.meta.url);
  const input = openSync(file, 'r');
  const { stderr, status } = spawnSync(process.execPath, [self, name, file], {
    stdio: [input, 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  closeSync(input);
  if (status !== 0) throw new Error(`${name} failed:\n${stderr}`);
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Measured;
}

/** The command line, as it is started by users, but in this process, whose time is measured. */
async function command(name: string, file: string): Promise<void> {
  process.argv = [process.execPath, CLI, name, file, '--json'];
  await import(CLI);
}

/** A list of events in pieces that are lists. */
function* pieces(file: string): Generator<string> {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, PIECE_BYTES));
    for (let at = 2; at < size; ) {
      const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, at));
      const end = text.lastIndexOf('}') + 1;
      yield `[${text.slice(0, end)}]`;
      // Behind the comma and the end of the line.
      at += end + 2;
    }
  } finally {
    closeSync(fd);
  }
}

/** Writes a trace of about so many bytes: calls and what they call, as tools write them at their ends. */
function make(file: string, bytes: number, withArguments: boolean): number {
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
