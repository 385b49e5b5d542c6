import { spawnSync } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { Tracer } from 'tracelane';
import { readTrace, readTraceBatches } from 'tracelane/reader';
import { writeLongTrace } from './long-trace.js';
import { report, withFile } from './output.js';

/**
 * Reading a long trace in every way, each in a process of its own: `read.js with|without|long BYTES`; or one
 * program's trace in both formats, in turns: `read.js formats SPANS`.
 * It starts itself as `read.js WAY FILE` for each of them.
 */
const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
/** V8 has no string of more than 512 MB: JSON.parse gets the file in pieces. */
const PIECE_BYTES = 256 * 1024 * 1024;
const SMALL_PIECE_BYTES = 64 * 1024;
const SMALL_PIECES = 'JSON.parse, 64 KB at once';
const BLOCK_BYTES = 1024 * 1024;
/** Formats are compared so often. */
const ROUNDS = 5;

/** On a processor of its own: all threads of the process, V8's too. */
const ON_ONE = ' on one core';

const WAYS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  summary: (file) => command('summary', file),
  check: (file) => command('check', file),
  [`summary${ON_ONE}`]: (file) => command('summary', file),
  [`check${ON_ONE}`]: (file) => command('check', file),
  convert: (file) => command('convert', file, '-o', convertedName(file)),
  async readTrace(file) {
    for await (const _event of readTrace(file));
  },
  async filter(file) {
    for await (const _events of readTraceBatches(file, { phases: ['X'], names: ['parse 1'] }));
  },
  /** What reading in this language is measured by: programs parse a file as a whole. */
  async 'JSON.parse'(file) {
    for (const piece of pieces(file, PIECE_BYTES)) JSON.parse(piece);
  },
  /** Faster, as what is made of it is gone before the garbage collector has to keep it. */
  async [SMALL_PIECES](file) {
    for (const piece of pieces(file, SMALL_PIECE_BYTES)) JSON.parse(piece);
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
const PLAIN_WAYS = [
  ...COMMANDS,
  'convert',
  'readTrace',
  'filter',
  'JSON.parse',
  SMALL_PIECES,
  'bytes',
];

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
} else if (what === 'formats') await withFile((file) => compareFormats(file, Number(given)));
else {
  await withFile(async (file) => {
    const bytes = writeLongTrace(file, Number(given), what === 'with');
    const measures: Record<string, number> = {};
    const measure = (name: string, subject = file): void => {
      const { cpu, wall, peak } = run(name, subject);
      const title = subject === file ? name : `${name} of gz`;
      measures[`${title}: MB/s of CPU`] = bytes / 1e6 / cpu;
      measures[`${title}: MB/s`] = bytes / 1e6 / wall;
      measures[`${title}: peak MiB`] = peak;
      rmSync(convertedName(subject), { force: true });
    };
    for (const name of what === 'long' ? COMMANDS : PLAIN_WAYS) measure(name);
    if (what !== 'long') for (const name of COMMANDS) measure(`${name}${ON_ONE}`);
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

/** The same spans in both formats. */
async function compareFormats(json: string, spans: number): Promise<void> {
  const perfetto = `${json}.pftrace`;
  const measures: Record<string, number> = {};
  try {
    await record(json, spans);
    await record(perfetto, spans);
    for (const name of COMMANDS) {
      const pairs = Array.from({ length: ROUNDS }, () => [run(name, json), run(name, perfetto)]);
      const ratios = pairs.map(([a, b]) => (a as Measured).cpu / (b as Measured).cpu);
      ratios.sort((a, b) => a - b);
      measures[`${name}: CPU of JSON ÷ pftrace`] = ratios[ROUNDS >> 1] ?? 0;
      measures[`${name} of pftrace: CPU ns a span`] =
        (Math.min(...pairs.map(([, { cpu } = { cpu: 0 }]) => cpu)) * 1e9) / spans;
    }
    report(measures);
  } finally {
    rmSync(perfetto, { force: true });
  }
}

/** Calls of three in one another, with a turn of the event loop between each hundred. */
async function record(path: string, spans: number): Promise<void> {
  const tracer = new Tracer(path).start();
  const names = Array.from({ length: 50 }, (_, i) => `operation ${i}`);
  for (let done = 0; done < spans; done += 3) {
    const outer = tracer.beginSpan(names[done % 50] as string, 'request');
    const middle = tracer.beginSpan(names[(done + 1) % 50] as string, 'handler', { n: done });
    tracer.endSpan(tracer.beginSpan(names[(done + 2) % 50] as string, 'query'));
    tracer.endSpan(middle);
    tracer.endSpan(outer);
    if (done % 300 === 0) await new Promise(setImmediate);
  }
  await tracer.stop();
}

interface Measured {
  readonly cpu: number;
  readonly wall: number;
  readonly peak: number;
}

/** NaN for what cannot be measured: only Linux lets a process keep to one processor. */
const UNKNOWN: Measured = { cpu: Number.NaN, wall: Number.NaN, peak: Number.NaN };

function run(name: string, file: string): Measured {
  if (name.endsWith(ON_ONE) && process.platform !== 'linux') return UNKNOWN;
  const self = fileURLToPath(import.meta.url);
  const node = [process.execPath, self, name, file];
  const [program = '', ...args] = name.endsWith(ON_ONE) ? ['taskset', '-c', '0', ...node] : node;
  const { stderr, status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} failed:\n${error?.message ?? stderr}`);
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Measured;
}

/** The command line, as it is started by users, but in this process, whose time is measured. */
async function command(name: string, file: string, ...more: string[]): Promise<void> {
  process.argv = [process.execPath, CLI, name, file, '--json', ...more];
  await import(CLI);
}

function convertedName(file: string): string {
  return `${file}.pftrace`;
}

/** A list of events in pieces that are lists. */
function* pieces(file: string, most: number): Generator<string> {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, most));
    for (let at = 2; at < size; ) {
      const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, at));
      const isLast = at + bytes.length >= size;
      const end = text.lastIndexOf(isLast ? '}' : '},\n') + 1;
      yield `[${text.slice(0, end)}]`;
      // Behind the comma and the end of the line.
      at += end + 2;
    }
  } finally {
    closeSync(fd);
  }
}
