import { Buffer } from 'node:buffer';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { TRACE_START, type TraceStart } from '../../trace-event/trace-start.js';
import { TraceError } from '../errors.js';
import { ChromeJson } from '../format/chrome-json.js';
import type { ResolvedOptions } from '../options.js';
import { openSink } from '../writer/open-sink.js';
import { sleep } from '../writer/sleep.js';
import type { TimeZero } from './time-zero.js';

/** An open trace file that is whole already, though it holds nothing but its metadata. */
export interface OutputFile {
  readonly fd: number;
  /** What it begins with: events are written behind that. */
  readonly header: Uint8Array;
  /** Events among them. */
  readonly events: number;
  readonly size: number;
  /** What the system knows the file by; undefined for what is no file. */
  readonly identity: string | undefined;
}

/** A named pipe that nobody reads is waited for so long, */
const READER_TIMEOUT_MS = 2000;
/** and looked at so often. */
const WAIT_MS = 10;

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'The folder cannot be made: choose a path on a file system that has folders.',
  EACCES: 'Choose a path that this user may write to, or change its permissions.',
  EPERM: 'Choose a path that this user may write to, or change its permissions.',
  ERR_ACCESS_DENIED: 'Allow the path with --allow-fs-write, or choose one that is allowed.',
  EROFS: 'The file system is read-only: choose a path on another one.',
  EISDIR: 'The path is a folder: add a file name to it.',
  ENOTDIR: 'A part of the path is a file: choose another folder.',
  EEXIST: 'A part of the path is a file: choose another folder.',
  ENOSPC: 'The disk is full: free some space, or choose a path on another one.',
  EMFILE: 'The process has too many open files: raise its limit (ulimit -n).',
  ENAMETOOLONG: 'Choose a shorter path.',
  EFBIG: 'Raise the limit on the size of files (ulimit -f).',
  EDQUOT: 'The quota of the disk is used up: free some space, or choose a path on another one.',
  ENXIO: 'Nobody reads this pipe: start its reader first.',
  STALLED: 'Start its reader, or choose a path of a file.',
  REPLACED: "Give each a file of its own: '%p' in the path stands for the pid, '%t' for the time.",
  REMOVED: 'Leave the file, and its folder, until the tracer has stopped.',
};

/** What to do about an error, by its code, which also begins its message. */
export function remedyFor(code: string): string {
  return REMEDIES[code] ?? 'Check the path and the disk, or choose another one.';
}

/**
 * Makes the file, and its parent folders. `exclusive`: only where there is nothing of that name, and
 * in a folder that is there.
 * Throws a TraceError where that cannot be done.
 */
export function openOutputFile(
  options: ResolvedOptions,
  zero: TimeZero,
  exclusive: boolean,
): OutputFile {
  const { path } = options;
  let fd: number | undefined;
  try {
    if (!exclusive) {
      makeFolder(dirname(path));
      replaceFile(path);
    }
    fd = openForWriting(path, exclusive);
    const format = writeHeader(options, zero);
    const header = new Uint8Array(format.bytes());
    const sink = openSink(fd, 0);
    const { taken, failure } = sink.append(header);
    if (failure !== undefined) throw failure;
    if (taken < header.length) throw new Error('STALLED: its reader takes nothing');
    return { fd, header, events: format.events, size: sink.size, identity: identityOf(fd) };
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    const { message, code = message.split(':', 1)[0] ?? '' } = cause as NodeJS.ErrnoException;
    throw new TraceError(
      'TRACELANE_CANNOT_OPEN',
      `The trace file ${path} cannot be written: ${message}. ${remedyFor(code)}`,
      { cause },
    );
  }
}

/**
 * Opens without blocking, so that a pipe whose reader has stopped can stop nobody here. A named
 * pipe is waited for until somebody reads it, but not for long.
 */
function openForWriting(path: string, exclusive: boolean): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_EXCL, O_NONBLOCK = 0 } = constants;
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | (exclusive ? O_EXCL : 0);
  for (let waited = 0; ; waited += WAIT_MS) {
    try {
      return openSync(path, flags, 0o666);
    } catch (error) {
      const hasNoReader = (error as NodeJS.ErrnoException).code === 'ENXIO' && isPipe(path);
      if (!hasNoReader || waited >= READER_TIMEOUT_MS) throw error;
      sleep(WAIT_MS);
    }
  }
}

function isPipe(path: string): boolean {
  return statSync(path).isFIFO();
}

/** What the system knows a file by, open or not; undefined where there is none, or another thing. */
export function identityOf(file: number | string): string | undefined {
  try {
    const info =
      typeof file === 'number'
        ? fstatSync(file, { bigint: true })
        : statSync(file, { bigint: true });
    return info.isFile() ? `${info.dev}:${info.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** So much of a file is looked at to find out who has made it. */
const HEADER_BYTES = 256;

/** Why a file is there no more: whoever has begun another one at its path is named. */
export function tellReplaced(reason: string, path: string): string {
  if (!reason.startsWith('REMOVED') || identityOf(path) === undefined) return reason;
  const pid = pidIn(path);
  if (pid === process.pid) return 'REPLACED: another tracer of this process has replaced the file';
  const other = pid === undefined ? 'another program' : `another process, ${pid},`;
  return `REPLACED: ${other} has replaced the file`;
}

/** The process that has recorded a trace, if the file is one. */
function pidIn(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, HEADER_BYTES, 0));
      const pid = /"pid":(\d+)/.exec(text)?.[1];
      return pid === undefined ? undefined : Number(pid);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Like mkdirSync with `recursive`, which never returns where /proc refuses a folder (Node 20). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
}

/**
 * Takes away a trace that is there, rather than write over it: another process may be writing it
 * still, and would write into this one. Links, pipes and devices are opened as they are.
 */
function replaceFile(path: string): void {
  try {
    if (lstatSync(path).isFile()) unlinkSync(path);
  } catch {
    // There is none, or the folder does not allow it: opening it says what is wrong, if anything.
  }
}

/** What every trace begins with: who recorded it, and when time 0 was. */
function writeHeader(options: ResolvedOptions, zero: TimeZero): ChromeJson {
  const format = new ChromeJson(0, true);
  const main = { pid: process.pid, tid: process.pid };
  format.metadata(main, 'process_name', { name: options.processName ?? scriptName() });
  const { monotonicNanoseconds: monotonic } = zero;
  const start: TraceStart = {
    recorder: 'tracelane',
    clock: options.clock,
    wallMicroseconds: zero.wallMicroseconds,
    ...(monotonic !== undefined && { monotonicNanoseconds: String(monotonic) }),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  format.metadata(main, TRACE_START, { ...start });
  return format;
}

function scriptName(): string {
  return process.argv[1] === undefined ? 'node' : basename(process.argv[1]);
}
