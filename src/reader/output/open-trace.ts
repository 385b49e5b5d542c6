import type { Packing } from '../../encoding/packing/packing.js';
import { createPacking } from '../../encoding/packing/packings.js';
import { hasZstd } from '../../encoding/packing/zstd.js';
import { isNamedPerfetto, nameUnpacked, packingNamed } from '../../trace-event/file-names.js';
import { TraceWriteError } from '../source/write-error.js';
import { BlockFile } from './block-file.js';
import { EventFile } from './event-file.js';
import { PacketFile } from './perfetto/packet-file.js';
import { ProfileFile, type ThreadChoice } from './profile/profile-file.js';
import type { TraceFile } from './trace-file.js';

export type OutputFormat = 'json' | 'perfetto' | 'cpuprofile' | 'speedscope';

/** What the names of profiles end in. */
const SUFFIXES: readonly (readonly [suffix: string, format: OutputFormat])[] = [
  ['.cpuprofile', 'cpuprofile'],
  ['.speedscope.json', 'speedscope'],
];

/** The format of a file of that name. */
export function formatOf(path: string): OutputFormat {
  if (isNamedPerfetto(path)) return 'perfetto';
  const name = nameUnpacked(path).toLowerCase();
  return SUFFIXES.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'json';
}

/** Whether a file of that name is a profile. */
export function isProfile(path: string): boolean {
  const format = formatOf(path);
  return format === 'cpuprofile' || format === 'speedscope';
}

/** How a new trace is written. */
export interface NewTrace {
  /** The file that is written. */
  readonly draft: string;
  /** What it will be called: tells its format, and how it is packed. */
  readonly output: string;
  /** Of a trace in Chrome's format. */
  readonly form?: 'array' | 'object' | undefined;
  /** What is read, for errors. */
  readonly input: string;
  /** Of a profile: the threads that it is of. */
  readonly thread?: ThreadChoice | undefined;
  /** Whether only a part of what is read is written, for errors. */
  readonly isPart?: boolean;
}

/** What is asked for by these names nobody would find in the file. */
const OTHER_NAMES: readonly (readonly [name: RegExp, problem: string, remedy: string])[] = [
  [
    /\.html?$/i,
    'its name is that of a page',
    'tracelane report makes one; give a trace a name that ends in .json or .pftrace.',
  ],
  [
    /\.(?:bz2|xz|lz4|br|zip|7z|tgz)$/i,
    'its name says that it is packed in a way that tracelane does not know',
    'Give it the ending .gz or .zst, or none of these.',
  ],
];

/** @throws {TraceWriteError} where the name of a new trace says something that it cannot be. */
export function checkName(path: string): void {
  for (const [name, problem, remedy] of OTHER_NAMES) {
    if (name.test(nameUnpacked(path))) throw new TraceWriteError(path, problem, {}, remedy);
  }
  if (packingNamed(nameUnpacked(path)) === undefined) return;
  const problem = 'its name says that it is packed twice';
  throw new TraceWriteError(path, problem, {}, 'Give it one ending, .gz or .zst.');
}

/** Opens a new trace, in the format and packed as its name says: this is the one place that decides it. */
export function openTrace(trace: NewTrace): TraceFile {
  const { draft, output, form, input, thread, isPart = false } = trace;
  checkName(output);
  const packing = packingOf(output);
  const format = formatOf(output);
  const file = new BlockFile(draft, packing);
  if (format === 'json') return new EventFile(file, form);
  if (format === 'perfetto') return new PacketFile(file, input);
  return new ProfileFile(file, format, { input, output, isPart }, thread);
}

/** @throws {TraceWriteError} where this Node has no zstd. */
function packingOf(path: string): Packing | undefined {
  const name = packingNamed(path);
  if (name === undefined) return undefined;
  if (name === 'zstd' && !hasZstd()) {
    const remedy = 'Use Node 22.15 or newer, or a name that ends in .gz.';
    throw new TraceWriteError(path, 'this Node cannot pack by zstd', {}, remedy);
  }
  return createPacking(name, 'usual');
}
