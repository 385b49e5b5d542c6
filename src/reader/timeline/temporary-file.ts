import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A file for what does not fit into memory. It is made when something is put into it. Whoever makes one calls
 * `close()` when it is done with it, however that comes: only then is the room given back.
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

  /** Puts bytes at its end. */
  append(bytes: Uint8Array): void {
    this.#fd ??= this.#open();
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.length + done);
    }
    this.length += bytes.length;
  }

  /** Fills a piece of memory with what stands at a position. */
  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length; ) {
      const rest = into.length - done;
      const count = readSync(this.#fd as number, into, done, rest, position + done);
      if (count === 0) throw new Error(`the temporary file for ${this.#purpose} was cut off`);
      done += count;
    }
  }

  /** Can be called again. */
  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    remove(this.#path);
  }

  #open(): number {
    this.#path = join(tmpdir(), `tracelane-${process.pid}-${randomUUID()}${this.#suffix}`);
    const fd = openSync(this.#path, 'wx+', 0o600);
    // An open file that has no name goes away with the process, whatever ends that. On a system
    // that does not remove open files, `close()` does it.
    remove(this.#path);
    return fd;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is removed already, or cannot be removed while it is open.
  }
}
