import { closeSync } from 'node:fs';
import { openRegularFile } from '../../reader/source/file-blocks.js';
import { TraceReadError } from '../../reader/source/read-error.js';
import type { TraceInput } from '../../reader/source/trace-input.js';

/** A file of unpacked bytes, from which events are read once more, by their places in it. */
export interface EventFile {
  /** All of it, from its begin. */
  readonly input: TraceInput;
  /** Gives the number of the open file, which is given back by {@link release}. */
  open(): number;
  release(fd: number): void;
  /** Nobody reads it any more. Can be called again. */
  close(): void;
}

/** The file that the user has named. It is opened anew each time. */
export class NamedFile implements EventFile {
  readonly input: string;

  constructor(path: string) {
    this.input = path;
  }

  /** It may have been removed, or have become something else. */
  open(): number {
    let cause: unknown;
    try {
      const fd = openRegularFile(this.input);
      if (fd !== undefined) return fd;
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
