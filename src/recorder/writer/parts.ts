import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';

/** Where the child processes of a trace put their parts of it. */
export interface PartsPlace {
  readonly folder: string;
  /** What the names of all parts of this trace, and of no other, begin with; then comes the pid. */
  readonly prefix: string;
}

const BLOCK_BYTES = 256 * 1024;
/**
 * So much of the end of a part is looked at line by line: what a process was writing when it was
 * killed may be there in half, on top of what stood there before.
 */
const DOUBTFUL_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** The parts of processes that have ended. */
export function endedParts({ folder, prefix }: PartsPlace): string[] {
  const ended: string[] = [];
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue;
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
 * the last: as they stand between the brackets. Broken lines at the end are left out.
 */
export function* readEvents(path: string): Generator<Uint8Array> {
  // No links: whoever may write to the folder must not have other files copied into the trace.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const info = fstatSync(fd);
    if (!info.isFile()) return;
    let block = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    for (let at = 0; ; ) {
      if (filled === block.length) block = Buffer.concat([block], 2 * block.length);
      const count = readSync(fd, block, filled, block.length - filled, at);
      if (count === 0) break;
      at += count;
      filled += count;
      const end = block.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      if (end === 0) continue;
      const lines = block.subarray(0, end);
      yield* at < info.size - DOUBTFUL_BYTES ? trusted(lines) : sound(lines);
      block.copyWithin(0, end, filled);
      filled -= end;
    }
    if (filled > 0) yield* sound(block.subarray(0, filled));
  } finally {
    closeSync(fd);
  }
}

/** Whole lines as they are. */
function* trusted(lines: Uint8Array): Generator<Uint8Array> {
  const start = lines[0] === OPEN_BRACE ? 0 : 1;
  let end = lines.length;
  while (end > start && lines[end - 1] !== CLOSE_BRACE) end--;
  if (end > start) yield lines.subarray(start, end);
}

/** Each line that is an event. */
function* sound(lines: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < lines.length; ) {
    let end = lines.indexOf(NEWLINE, start);
    if (end < 0) end = lines.length;
    let from = start;
    let to = end;
    start = end + 1;
    while (from < to && lines[from] !== OPEN_BRACE) from++;
    if (lines[to - 1] === COMMA) to--;
    const line = lines.subarray(from, to);
    if (line.length > 0 && isEvent(line)) yield line;
  }
}

function isEvent(line: Uint8Array): boolean {
  try {
    return typeof JSON.parse(Buffer.from(line).toString()) === 'object';
  } catch {
    return false;
  }
}
