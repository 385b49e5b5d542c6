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
import { TraceWriteError } from '../source/write-error.js';
import { tidily } from './tidy.js';

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
  if (path === '-') throw refused(path, 'standard output is not supported', FILE);
  if (path === '') throw refused("''", 'it is no name', FILE);
  if (path.endsWith('/')) throw refused(path, 'it is the name of a folder', FILE);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? resolve(dirname(path), readlinkSync(path)) : path;
  }
  if (!there.isFile()) throw refused(path, 'there is something that is no regular file', OTHER);
  return realpathSync(path);
}

const FILE = 'Give the name of a file.';
const OTHER = 'Give another name: what is there stays as it is.';

function refused(path: string, problem: string, remedy: string): TraceWriteError {
  return new TraceWriteError(path, problem, {}, remedy);
}
