import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventFile } from './event-file.js';

const BLOCK_BYTES = 1024 * 1024;

/** Those that have a name still. One listener removes them all: each of its own would be too many. */
const named = new Set<SpillFile>();
const removeAll = (): void => {
  for (const file of named) file.close();
};

/** A temporary file that nobody else can read. It is gone when the process ends. */
export class SpillFile implements EventFile {
  readonly #path = join(tmpdir(), `tracelane-view-${randomUUID()}`);
  #fd: number | undefined;
  #length = 0;

  constructor() {
    this.#fd = openSync(this.#path, 'wx+', 0o600);
    // An open file that has no name goes away with the process, whatever ends that.
    if (this.#unlink()) return;
    if (named.size === 0) process.once('exit', removeAll);
    named.add(this);
  }

  /** How long it is. */
  get length(): number {
    return this.#length;
  }

  /** Puts bytes at its end. */
  write(bytes: Uint8Array | string): void {
    const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    for (let at = 0; at < all.length; ) at += writeSync(this.open(), all, at);
    this.#length += all.length;
  }

  get input(): AsyncIterable<Uint8Array> {
    return this.#blocks();
  }

  open(): number {
    if (this.#fd === undefined) throw new Error('the copy of the trace is closed');
    return this.#fd;
  }

  release(): void {}

  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    if (!named.delete(this)) return;
    if (named.size === 0) process.off('exit', removeAll);
    this.#unlink();
  }

  async *#blocks(): AsyncGenerator<Uint8Array> {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = 0; ; ) {
      const length = readSync(this.open(), block, 0, BLOCK_BYTES, at);
      if (length === 0) return;
      yield block.subarray(0, length);
      at += length;
    }
  }

  /** False on a system that does not remove open files: Windows. */
  #unlink(): boolean {
    if (process.platform === 'win32' && this.#fd !== undefined) return false;
    unlinkSync(this.#path);
    return true;
  }
}
