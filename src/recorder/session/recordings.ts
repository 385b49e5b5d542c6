import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { TraceError } from '../errors.js';
import { tid } from './thread-recorders.js';

/** Workers find under this key what the threads that started them record. */
const KEY = 'tracelane.recordings';

/** What is recorded in this process, as far as this thread knows. Can be cloned. */
interface Recordings {
  /** One word, shared with the workers that inherit it: how many recordings have got a number. */
  readonly count: SharedArrayBuffer;
  readonly open: readonly OpenRecording[];
}

interface OpenRecording {
  readonly path: string;
  /** tid of the thread that writes it. */
  readonly tid: number;
  /** One word: 1, and 0 when the file is closed. */
  readonly isOpen: SharedArrayBuffer;
}

function recordings(): Recordings {
  const known = getEnvironmentData(KEY) as Recordings | undefined;
  return known ?? keep({ count: new SharedArrayBuffer(4), open: [] });
}

function keep(all: Recordings): Recordings {
  setEnvironmentData(KEY, all as never);
  return all;
}

/** The next number of a recording, from 1. */
export function countRecording(): number {
  return Atomics.add(new Int32Array(recordings().count), 0, 1) + 1;
}

/**
 * Says that this thread writes the file from now on; what is returned says that it does no more.
 * Links and other names of the file count as the file, devices and pipes as none.
 *
 * @throws {TraceError} TRACELANE_FILE_IN_USE, where another tracer of this process writes it.
 */
export function claimFile(outputFile: string): () => void {
  const path = realPath(outputFile);
  if (path === undefined) return () => {};
  const open = recordings().open.filter(isOpen);
  const other = open.find((recording) => recording.path === path);
  if (other !== undefined) throw inUse(outputFile, other.tid);
  const mine: OpenRecording = { path, tid, isOpen: new SharedArrayBuffer(4) };
  Atomics.store(new Int32Array(mine.isOpen), 0, 1);
  keep({ ...recordings(), open: [...open, mine] });
  return () => {
    Atomics.store(new Int32Array(mine.isOpen), 0, 0);
    const all = recordings();
    keep({ ...all, open: all.open.filter(isOpen) });
  };
}

function isOpen({ isOpen: word }: OpenRecording): boolean {
  return Atomics.load(new Int32Array(word), 0) === 1;
}

/** The path without links, whether the file is there yet or not; undefined for what is no file. */
function realPath(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return lstatSync(real).isFile() ? real : undefined;
  } catch {
    // There is none yet.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function inUse(path: string, by: number): TraceError {
  const thread =
    by === tid
      ? 'this thread'
      : by === process.pid
        ? 'the main thread'
        : `worker ${by - process.pid}`;
  return new TraceError(
    'TRACELANE_FILE_IN_USE',
    `The trace file ${path} is being written by another tracer, in ${thread}. Stop that one first, and await its ` +
      "stop(), record into it by its handle(), or give each a file of its own: '%n' in the path stands for " +
      'the number of the recording.',
  );
}
