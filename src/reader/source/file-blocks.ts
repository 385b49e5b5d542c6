import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

const BLOCK_BYTES = 1024 * 1024;
/** Opening a pipe would wait else until something writes to it. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a file; undefined where it is no regular one. */
export function openRegularFile(path: string): number | undefined {
  const fd = openSync(path, WITHOUT_WAITING);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/** The first bytes of a file, so many at the most; none of what is no file, or cannot be opened. */
export function firstBytesOf(path: string, most: number): Buffer {
  let fd: number | undefined;
  try {
    fd = openRegularFile(path);
  } catch {
    // Whoever reads it says why it cannot be opened.
  }
  if (fd === undefined) return Buffer.alloc(0);
  try {
    return headOf(fd, most);
  } finally {
    closeSync(fd);
  }
}

/** The same of an open file. */
export function headOf(fd: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  return bytes.subarray(0, readSync(fd, bytes, 0, most, 0));
}

/**
 * Opens a named pipe; undefined where it is none. No thread waits for what writes to it, or for what
 * comes: one that waits cannot be told to end.
 */
export function openPipe(path: string): Readable | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return undefined;
  return new Socket({ fd: openSync(path, WITHOUT_WAITING), readable: true, writable: false });
}

/** Whether a file is open by this number. */
export function isOpenFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    // A program may be started without standard input, for example.
    return false;
  }
}

/**
 * What is still to be read of an open file. The thread waits for each block, which costs less than to ask
 * another thread for it; all of them stand in the same memory, one after the other.
 */
export async function* blocksOfOpenFile(fd: number): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (;;) {
    const length = readSync(fd, block, 0, BLOCK_BYTES, null);
    if (length === 0) return;
    yield block.subarray(0, length);
  }
}

/** The same of a file that is closed then. */
export async function* blocksOfFile(fd: number): AsyncGenerator<Buffer> {
  try {
    yield* blocksOfOpenFile(fd);
  } finally {
    closeSync(fd);
  }
}
