import { Buffer } from 'node:buffer';
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Framing } from '../format/framing.js';

/** Where the child processes of a trace put their parts of it. */
export interface PartsPlace {
  readonly folder: string;
  /** What the names of all parts of this trace, and of no other, begin with; then comes the pid. */
  readonly prefix: string;
}

const BLOCK_BYTES = 256 * 1024;

/** What is named like a part of the trace. Throws what the system says. */
export function namedLikeParts({ folder, prefix }: PartsPlace): Dirent[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter(({ name }) => name.startsWith(prefix));
}

/** The parts of processes that have ended, of those that are named like files of this format. */
export function endedParts(place: PartsPlace, { suffix }: Framing): string[] {
  const { folder, prefix } = place;
  const ended: string[] = [];
  for (const entry of namedLikeParts(place)) {
    const { name } = entry;
    // Something else of that name may be a trap: a pipe that nobody writes to, a link.
    if (!entry.isFile() || !name.endsWith(suffix)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (pid > 0 && !isRunning(pid)) ended.push(join(folder, name));
  }
  return ended;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  // One that has ended keeps its number until its parent has asked how.
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^\) [ZX]/.test(status.slice(status.lastIndexOf(')')));
  } catch {
    return true;
  }
}

/**
 * The events of a trace file of this library's, in runs, each as the format has it between the first and
 * the last event of a file. What is no whole event is left out.
 */
export function* readEvents(path: string, framing: Framing): Generator<Uint8Array> {
  const fd = openRegularFile(path);
  try {
    let block = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    for (let count = -1; count !== 0; ) {
      if (filled === block.length) block = Buffer.concat([block], 2 * block.length);
      count = readSync(fd, block, filled, block.length - filled, null);
      filled += count;
      const { runs, done } = framing.read(block.subarray(0, filled), count === 0);
      yield* runs;
      block.copyWithin(0, done, filled);
      filled -= done;
    }
  } finally {
    closeSync(fd);
  }
}

/** Opens nothing else, and waits for nobody. */
function openRegularFile(path: string): number {
  // No links: whoever may write to the folder must not have other files copied into the trace.
  if (!lstatSync(path).isFile()) throw new Error(`${path} is no file`);
  // It may have been replaced meanwhile. Opening a pipe would wait for somebody who writes to it.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`${path} is no file`);
}
