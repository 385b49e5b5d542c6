import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TraceReadError } from '../source/read-error.js';
import { tidily } from './tidy.js';
import { TraceWriteError } from './write-error.js';

/**
 * A file that is written beside its place and moved there when it is whole. Until then, what was
 * there stays: it may even be the input. Nobody sees half of a file. Links are followed, folders are
 * made, the rights of an old file are kept. What is no regular file, like a device, is refused.
 */
export class NewFile {
  readonly #path: string;
  readonly #place: string;
  readonly #drafts = new Set<string>();
  /** Makes names of drafts that nobody can guess, and so put a link in place of. */
  readonly #token = randomBytes(6).toString('hex');

  constructor(path: string) {
    this.#path = path;
    try {
      this.#place = placeOf(path);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** The path of a new draft: where to write what may become the file. */
  draft(number = 1): string {
    mkdirSync(dirname(this.#place), { recursive: true });
    const path = `${this.#place}.${this.#token}-${number}`;
    this.#drafts.add(path);
    return path;
  }

  discard(draft: string): void {
    rmSync(draft, { force: true });
    this.#drafts.delete(draft);
  }

  /** Moves the draft to the place of the file. */
  accept(draft: string): void {
    const old = statSync(this.#place, { throwIfNoEntry: false });
    if (old !== undefined) chmodSync(draft, old.mode);
    renameSync(draft, this.#place);
    this.#drafts.delete(draft);
  }

  /** Runs what writes the file. Afterwards, even if it failed, no draft is left behind. */
  async write<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await tidily(() => {
        for (const draft of this.#drafts) this.discard(draft);
      }, run);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof TraceReadError || error instanceof TraceWriteError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) return error;
    return new TraceWriteError(this.#path, message, { cause: error });
  }
}

/** Where the file really is, behind all links. Throws if it cannot be written there. */
function placeOf(path: string): string {
  if (path === '-') throw new TraceWriteError(path, 'standard output is not supported');
  if (path === '' || path.endsWith('/')) throw new TraceWriteError(path, 'it is no name of a file');
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? resolve(dirname(path), readlinkSync(path)) : path;
  }
  if (!there.isFile())
    throw new TraceWriteError(path, 'there is something that is no regular file');
  return realpathSync(path);
}
