import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TraceReadError } from '../source/read-error.js';
import { TraceWriteError } from '../source/write-error.js';

/**
 * An open file that has no name goes away with the process, whatever ends that. Windows removes no file that
 * is open.
 */
const REMOVES_OPEN_FILES = process.platform !== 'win32';

/** Those that have a name still. One listener removes them all: each of its own would be too many. */
const named = new Set<TemporaryFile>();
const removeAll = (): void => {
  for (const file of named) file.close();
};

/**
 * A file for what does not fit into memory, which nobody else can read. It is made when something is put into
 * it. Whoever makes one calls `close()` when it is done with it, however that comes: only then is the room
 * given back. It is gone when the process ends.
 */
export class TemporaryFile {
  readonly #suffix: string;
  readonly #purpose: string;
  #fd: number | undefined;
  #path = '';
  /** How long it is. */
  length = 0;

  /** @param purpose What it is for, for errors. */
  constructor(suffix: string, purpose: string) {
    this.#suffix = suffix;
    this.#purpose = purpose;
  }

  /** Its descriptor. */
  get fd(): number {
    this.#fd ??= this.#open();
    return this.#fd;
  }

  /** Puts bytes at its end. */
  append(bytes: Uint8Array): void {
    const { fd } = this;
    this.#explained(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done, bytes.length - done, this.length + done);
      }
    });
    this.length += bytes.length;
  }

  /** Fills a piece of memory with what stands at a position. */
  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length; ) {
      const rest = into.length - done;
      const count = readSync(this.fd, into, done, rest, position + done);
      if (count === 0) throw this.#wasCutOff();
      done += count;
    }
  }

  /** Can be called again. */
  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    if (!named.delete(this)) return;
    if (named.size === 0) process.off('exit', removeAll);
    remove(this.#path);
  }

  #open(): number {
    this.#path = join(tmpdir(), `tracelane-${process.pid}-${randomUUID()}${this.#suffix}`);
    const fd = this.#explained(() => openSync(this.#path, 'wx+', 0o600));
    if (REMOVES_OPEN_FILES) remove(this.#path);
    else {
      if (named.size === 0) process.once('exit', removeAll);
      named.add(this);
    }
    return fd;
  }

  /** Without it, an error would seem to be one of the file that a person asked for. */
  #explained<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      const remedy = `It is a temporary file for ${this.#purpose}: make room there, or name another folder in TMPDIR.`;
      throw new TraceWriteError(this.#path, (cause as Error).message, { cause }, remedy);
    }
  }

  #wasCutOff(): TraceReadError {
    const problem =
      `it is the temporary file for ${this.#purpose}, and was cut off by another program. ` +
      'Start again, or name a folder in TMPDIR that others leave alone.';
    return new TraceReadError('TRACELANE_CANNOT_READ', this.#path, -1, problem);
  }
}

/** Whoever tidies up the folder may have done so. */
function remove(path: string): void {
  rmSync(path, { force: true });
}
