import { Buffer, isUtf8 } from 'node:buffer';
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

/** Where the child processes of a trace put their parts of it. */
export interface PartsPlace {
  readonly folder: string;
  /** What the names of all parts of this trace, and of no other, begin with; then comes the pid. */
  readonly prefix: string;
}

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What is named like a part of the trace. Throws what the system says. */
export function namedLikeParts({ folder, prefix }: PartsPlace): Dirent[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter(({ name }) => name.startsWith(prefix));
}

/** The parts of processes that have ended. */
export function endedParts(place: PartsPlace): string[] {
  const { folder, prefix } = place;
  const ended: string[] = [];
  for (const entry of namedLikeParts(place)) {
    const { name } = entry;
    // Something else of that name may be a trap: a pipe that nobody writes to, a link.
    if (!entry.isFile()) continue;
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
 * The events of a trace file of this library's, in blocks of whole lines without the comma behind
 * the last: as they stand between the brackets. Lines that are no event are left out: what a process
 * was writing when it was killed may be there in part, and a file may have been damaged since.
 */
export function* readEvents(path: string): Generator<Uint8Array> {
  const fd = openRegularFile(path);
  try {
    let block = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    for (;;) {
      if (filled === block.length) block = Buffer.concat([block], 2 * block.length);
      const count = readSync(fd, block, filled, block.length - filled, null);
      if (count === 0) break;
      filled += count;
      const end = block.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      if (end === 0) continue;
      yield* eventsIn(block.subarray(0, end));
      block.copyWithin(0, end, filled);
      filled -= end;
    }
    if (filled > 0) yield* eventsIn(block.subarray(0, filled));
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

function* eventsIn(lines: Buffer): Generator<Uint8Array> {
  // Nearly always, all of it is sound. One look at all costs half of one at each line.
  const all = withoutCommas(lines, 0, lines.length);
  if (areEvents(all)) {
    if (all.length > 0) yield all;
    return;
  }
  for (let start = 0; start < lines.length; ) {
    let end = lines.indexOf(NEWLINE, start);
    if (end < 0) end = lines.length;
    const line = withoutCommas(lines, start, end);
    start = end + 1;
    if (line.length > 0 && areEvents(line)) yield line;
  }
}

/** From the first event to the end of the last one. */
function withoutCommas(lines: Buffer, start: number, end: number): Buffer {
  let from = start;
  let to = end;
  while (from < to && lines[from] !== OPEN_BRACE) from++;
  while (to > from && lines[to - 1] !== CLOSE_BRACE) to--;
  return lines.subarray(from, to);
}

function areEvents(lines: Buffer): boolean {
  if (!isUtf8(lines)) return false;
  try {
    // As Latin-1, which is faster: all that JSON is made of is ASCII.
    const events: unknown[] = JSON.parse(`[${lines.toString('latin1')}]`);
    return events.every((event) => typeof event === 'object' && event !== null);
  } catch {
    return false;
  }
}
