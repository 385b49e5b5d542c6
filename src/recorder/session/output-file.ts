import { Buffer } from 'node:buffer';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { unpackedStart } from '../../encoding/packing/gzip.js';
import { hasZstd } from '../../encoding/packing/zstd.js';
import { type PackingName, packingNamed } from '../../trace-event/file-names.js';
import { TraceError } from '../errors.js';
import type { TraceFormat } from '../format/format.js';
import { identityOf } from '../writer/disk.js';
import { EMPTY, openSink } from '../writer/open-sink.js';
import type { SinkState } from '../writer/sink.js';
import { sleep } from '../writer/sleep.js';

/** For those who only ask whether a file is still the one that was recorded into. */
export { identityOf } from '../writer/disk.js';

/** An open trace file. It holds what every trace begins with, and is valid. */
export interface OutputFile {
  readonly fd: number;
  /** The bytes that it begins with: the writer puts events behind them. */
  readonly header: Uint8Array;
  /** How many events the header holds. */
  readonly events: number;
  readonly sink: SinkState;
  readonly size: number;
  /** See {@link identityOf}. */
  readonly identity: string | undefined;
}

/** How long to wait until somebody reads a named pipe. */
const READER_TIMEOUT_MS = 2000;
/** Between two looks whether somebody does. */
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
  EBADF: 'The program has closed the file: let it close only what it has opened.',
  CLOSED: 'The program has closed the file: let it close only what it has opened.',
  REMOVED: 'Leave the file, and its folder, until the tracer has stopped.',
};

/** What to do about an error with this code. */
export function remedyFor(code: string): string {
  return REMEDIES[code] ?? 'Check the path and the disk, or choose another one.';
}

/**
 * Throws if this Node cannot pack a file as its name says.
 *
 * @throws {TraceError} TRACELANE_NO_ZSTD
 */
export function checkPacking(path: string): void {
  if (packingNamed(path) !== 'zstd' || hasZstd()) return;
  throw new TraceError(
    'TRACELANE_NO_ZSTD',
    `The trace file ${path} would have to be packed by zstd, which this Node (${process.version}) ` +
      "cannot do. Use Node 22.15 or newer, or let the name end in '.gz'.",
  );
}

/**
 * Makes the file and its parent folders, and replaces a file that is there; `format` has what it begins
 * with. `exclusive`: makes no folder, and fails if there is something of that name.
 *
 * @throws {TraceError} TRACELANE_CANNOT_OPEN
 */
export function openOutputFile(
  path: string,
  format: TraceFormat,
  packing: PackingName | undefined,
  exclusive: boolean,
): OutputFile {
  let fd: number | undefined;
  try {
    if (!exclusive) {
      makeFolder(dirname(path));
      replaceFile(path);
    }
    fd = openForWriting(path, exclusive);
    const header = new Uint8Array(format.bytes());
    const identity = identityOf(fd);
    const sink = openSink(fd, identity, EMPTY, format.framing, packing);
    const { taken, failure } = sink.append(header, []);
    if (failure !== undefined) throw failure;
    if (taken < header.length) throw new Error('STALLED: its reader takes nothing');
    const { events } = format;
    return { fd, header, events, sink: sink.save(), size: sink.size, identity };
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
 * Opens without blocking: else writing to a pipe whose reader has stopped would stop this program, too.
 * A named pipe cannot be opened like this before it has a reader, so that is waited for.
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

/** How much of a trace is read to find the pid in its header. */
const HEADER_BYTES = 256;

/** If the file was removed and another one stands at its path, the reason names who has made that. */
export function tellReplaced(reason: string, path: string): string {
  if (!reason.startsWith('REMOVED') || identityOf(path) === undefined) return reason;
  const pid = pidIn(path);
  if (pid === process.pid) return 'REPLACED: another tracer of this process has replaced the file';
  const other = pid === undefined ? 'another program' : `another process, ${pid},`;
  return `REPLACED: ${other} has replaced the file`;
}

/** The pid of the process that has recorded the trace; undefined if the file is no trace. */
function pidIn(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const header = unpackedStart(bytes.subarray(0, readSync(fd, bytes, 0, HEADER_BYTES, 0)));
      const pid = /"pid":(\d+)/.exec(header.toString('latin1'))?.[1];
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
 * Removes a file that is there. To empty it would not do: another process may still be writing it, and
 * would write into the new trace. Links, pipes and devices stay, and are opened as they are.
 */
function replaceFile(path: string): void {
  try {
    if (lstatSync(path).isFile()) unlinkSync(path);
  } catch {
    // There is none, or it cannot be removed. If that is a problem, opening it fails and says why.
  }
}
