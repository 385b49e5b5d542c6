import { fstatSync, ftruncateSync, writeSync } from 'node:fs';

const SPACE = 0x20;

/** Where the bytes of a trace go. */
export interface Sink {
  /**
   * Writes bytes behind what is kept. The first `keep` of them are kept; the rest, which makes a
   * whole file of it, is replaced by the next write. Throws what the system says.
   */
  write(bytes: Uint8Array, keep: number): void;
  /** After a write has failed: makes what is kept a whole file again, as far as that is possible. */
  restore(closing: Uint8Array): void;
  /** The trace is over: writes what was held back. */
  end(): void;
  /** Bytes that reached their place, and how many of them stand for good. */
  readonly size: number;
  readonly kept: number;
}

/** A sink for an open file; `kept` bytes are in it already. */
export function openSink(fd: number, kept: number): Sink {
  const info = fstatSync(fd);
  return info.isFile() ? new FileSink(fd, kept, info.size) : new StreamSink(fd, kept);
}

/** A file on disk: the end of it can be written again. */
class FileSink implements Sink {
  readonly #fd: number;
  #kept: number;
  #size: number;

  constructor(fd: number, kept: number, size: number) {
    this.#fd = fd;
    this.#kept = kept;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#kept;
  }

  write(bytes: Uint8Array, keep: number): void {
    // What is written to a file without a name succeeds, and is gone when it is closed.
    if (fstatSync(this.#fd).nlink === 0) throw new Error('REMOVED: the file is there no more');
    const end = this.#kept + bytes.length;
    const excess = this.#size - end;
    if (excess > 0) {
      // Shorter than before: blanks cover the rest of the old end, so that the file is whole in
      // the moment before it is cut to its length, too.
      const padded = new Uint8Array(bytes.length + excess).fill(SPACE);
      padded.set(bytes);
      writeAll(this.#fd, padded, this.#kept);
      ftruncateSync(this.#fd, end);
    } else writeAll(this.#fd, bytes, this.#kept);
    this.#size = end;
    this.#kept += keep;
  }

  restore(closing: Uint8Array): void {
    // Cutting first gives blocks back, in case the disk is full.
    ftruncateSync(this.#fd, this.#kept);
    this.#size = this.#kept;
    writeAll(this.#fd, closing, this.#kept);
    this.#size += closing.length;
  }

  end(): void {}
}

/** A pipe or a device: what is written stays, so the end is written at the end only. */
class StreamSink implements Sink {
  readonly #fd: number;
  #size: number;
  #tail: Uint8Array = new Uint8Array(0);

  constructor(fd: number, kept: number) {
    this.#fd = fd;
    this.#size = kept;
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#size;
  }

  write(bytes: Uint8Array, keep: number): void {
    writeAll(this.#fd, bytes.subarray(0, keep), null);
    this.#size += keep;
    this.#tail = bytes.slice(keep);
  }

  restore(): void {}

  end(): void {
    writeAll(this.#fd, this.#tail, null);
    this.#size += this.#tail.length;
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      const at = position === null ? null : position + done;
      done += writeSync(fd, bytes, done, bytes.length - done, at);
    } catch (error) {
      // A pipe that does not block and is full: its reader is slower than the program.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
