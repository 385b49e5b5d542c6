import { closeSync } from 'node:fs';
import { firstBytesOf, headOf, openRegularFile } from '../../reader/source/file-blocks.js';
import { TraceReadError } from '../../reader/source/read-error.js';
import { checkRereadable } from '../../reader/source/source.js';
import type { TraceInput } from '../../reader/source/trace-input.js';

/** A file of unpacked bytes, from which events are read once more, by their places in it. */
export interface UnpackedFile {
  /** All of it, from its begin. */
  readonly input: TraceInput;
  /** Gives the number of the open file, which is given back by {@link release}. */
  open(): number;
  release(fd: number): void;
  /** Throws if something else is in it since it was made: what was read of it twice does not fit together. */
  checkUnchanged(): void;
  /** Nobody reads it any more. Can be called again. */
  close(): void;
}

/** So much of a file says which one it is: times and names of its first events stand there. */
const HEAD_BYTES = 4096;
/** What closes the list of events is written over where the file goes on. */
const TAIL_BYTES = 16;

/**
 * The file that the user has named. It is opened anew each time: it may have grown, but with another begin
 * it is another one, in whose places other events stand.
 */
export class NamedFile implements UnpackedFile {
  readonly input: string;
  readonly #head: Buffer;
  readonly checkUnchanged: () => void;

  /** To be made before the file is read. */
  constructor(path: string) {
    this.input = path;
    this.checkUnchanged = checkRereadable(path);
    this.#head = lastingHead(path);
  }

  /** It may have been removed, or have become something else. */
  open(): number {
    let cause: unknown;
    try {
      const fd = openRegularFile(this.input);
      if (fd !== undefined) {
        if (headOf(fd, this.#head.length).equals(this.#head)) return fd;
        closeSync(fd);
      }
    } catch (error) {
      cause = error;
    }
    const problem =
      'it was removed or replaced since it was opened, and its arguments are gone. Put it back, or open it anew.';
    throw new TraceReadError('TRACELANE_CANNOT_READ', this.input, -1, problem, { cause });
  }

  release(fd: number): void {
    closeSync(fd);
  }

  close(): void {}
}

/** The first bytes of a file that stay as they are when it grows. */
function lastingHead(path: string): Buffer {
  const head = firstBytesOf(path, HEAD_BYTES);
  return head.length < HEAD_BYTES ? head.subarray(0, Math.max(0, head.length - TAIL_BYTES)) : head;
}
