import { readSync } from 'node:fs';
import { TemporaryFile } from '../../reader/timeline/temporary-file.js';
import type { UnpackedFile } from './unpacked-file.js';

const BLOCK_BYTES = 1024 * 1024;

/** A copy of a trace, or of its events, in a temporary file. */
export class SpillFile implements UnpackedFile {
  readonly #file = new TemporaryFile('.view', 'the copy of the trace');
  /** How many have it open: it is closed with the last of them. */
  #users = 0;
  #isClosed = false;

  /** How long it is. */
  get length(): number {
    return this.#file.length;
  }

  /** Puts bytes at its end. */
  write(bytes: Uint8Array | string): void {
    this.#opened.append(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  get input(): AsyncIterable<Uint8Array> {
    return this.#blocks();
  }

  open(): number {
    const { fd } = this.#opened;
    this.#users++;
    return fd;
  }

  release(): void {
    this.#users--;
    this.#closeUnused();
  }

  /** Nobody else writes it. */
  checkUnchanged(): void {}

  close(): void {
    this.#isClosed = true;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (this.#isClosed && this.#users === 0) this.#file.close();
  }

  get #opened(): TemporaryFile {
    if (this.#isClosed) throw new Error('the copy of the trace is closed');
    return this.#file;
  }

  async *#blocks(): AsyncGenerator<Uint8Array> {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = 0; ; ) {
      const length = readSync(this.#opened.fd, block, 0, BLOCK_BYTES, at);
      if (length === 0) return;
      yield block.subarray(0, length);
      at += length;
    }
  }
}
