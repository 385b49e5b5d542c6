import { createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { constants, createGunzip } from 'node:zlib';
import { TraceReadError } from './read-error.js';
import type { FileInput, TraceInput } from './trace-input.js';

const BLOCK_BYTES = 1024 * 1024;
const GZIP = [0x1f, 0x8b] as const;
/** A gzip member ends with the unpacked length of what it holds. */
const LENGTH_BYTES = 4;

/** How far reading has come, in bytes of the file as it stands on the disk. */
export interface Progress {
  readonly read: number;
  /** Undefined for a pipe: its size is not known. */
  readonly size: number | undefined;
}

/** The unpacked bytes of a trace, block by block. No more than a block of it is in memory. */
export class TraceSource {
  readonly name: string;
  /** Known once the first block was read. */
  gzipped = false;
  /** Known once all was read. Viewers differ in what they read of several members. */
  membersOfGzip: 'one' | 'several' | 'unknown' = 'unknown';
  #read = 0;
  #size: number | undefined;
  #unpacked = 0;
  #tail: Buffer = Buffer.alloc(0);
  readonly #raw: AsyncIterable<Uint8Array>;

  constructor(input: TraceInput) {
    if (isFile(input)) {
      this.name = pathOf(input);
      this.#raw = this.#open(this.name);
    } else {
      this.name = input === process.stdin ? '<stdin>' : '<stream>';
      this.#raw = input;
    }
  }

  get progress(): Progress {
    return { read: this.#read, size: this.#size };
  }

  async *blocks(): AsyncGenerator<Buffer> {
    const raw = this.#rawBlocks();
    try {
      let first = await raw.next();
      if (first.done === true) return;
      let start = first.value;
      // The magic number may come in two pieces.
      while (start.length < GZIP.length) {
        first = await raw.next();
        if (first.done === true) break;
        start = Buffer.concat([start, first.value]);
      }
      const all = chain(start, raw);
      if (start[0] !== GZIP[0] || start[1] !== GZIP[1]) yield* all;
      else yield* this.#unpack(all);
    } catch (cause) {
      throw cause instanceof TraceReadError ? cause : cannotRead(this.name, cause);
    } finally {
      // Not awaited: if a block was asked for that does not come, this would not come, either.
      void raw.return(undefined).catch(() => {});
      if (this.#raw instanceof Readable) this.#raw.destroy();
    }
  }

  #open(path: string): AsyncIterable<Uint8Array> {
    try {
      const fd = openSync(path, 'r');
      const stat = fstatSync(fd);
      if (stat.isFile()) this.#size = stat.size;
      return createReadStream(path, { fd, highWaterMark: BLOCK_BYTES });
    } catch (cause) {
      const { message } = cause as Error;
      const problem = `it cannot be opened: ${message}. Check the path and your rights to read it.`;
      throw new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem, { cause });
    }
  }

  async *#rawBlocks(): AsyncGenerator<Buffer, undefined> {
    for await (const chunk of this.#raw) {
      const block = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      this.#read += block.length;
      this.#tail = Buffer.concat([this.#tail, block.subarray(-LENGTH_BYTES)]).subarray(
        -LENGTH_BYTES,
      );
      yield block;
    }
    return undefined;
  }

  async *#unpack(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    this.gzipped = true;
    // With Z_SYNC_FLUSH a file that was cut off is no error, but gives what there is of it. That
    // it was cut shows in the JSON.
    const options = { chunkSize: BLOCK_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
    const packed = Readable.from(raw);
    const gunzip = createGunzip(options);
    packed.on('error', (error) => gunzip.destroy(error));
    try {
      for await (const block of packed.pipe(gunzip)) {
        this.#unpacked += (block as Buffer).length;
        yield block as Buffer;
      }
    } finally {
      packed.destroy();
    }
    if (this.#tail.length < LENGTH_BYTES) return;
    const last = this.#tail.readUInt32LE(0);
    this.membersOfGzip = last === this.#unpacked % 2 ** 32 ? 'one' : 'several';
  }
}

/**
 * Throws if the file cannot be read more than once, like a pipe. Does so without opening it: opening
 * a pipe waits until something writes to it.
 */
export function checkRereadable(path: string): void {
  let problem: string;
  try {
    if (statSync(path).isFile()) return;
    problem = 'it is no regular file, and has to be read more than once. Save it to a file first.';
  } catch (cause) {
    problem = `it cannot be opened: ${(cause as Error).message}. Check the path and your rights to read it.`;
  }
  throw new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem);
}

/** Whether a trace can be read more than once. */
export function isRereadable(input: TraceInput): boolean {
  return isFile(input) && statSync(pathOf(input)).isFile();
}

/** What to say of a file that was opened, but cannot be read or unpacked. */
export function cannotRead(name: string, cause: unknown): TraceReadError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const what = code?.startsWith('Z_') ? 'it is damaged gzip' : 'it cannot be read';
  return new TraceReadError('TRACELANE_CANNOT_READ', name, -1, `${what}: ${message}`, { cause });
}

/** Whether a trace is given by the name of its file. */
export function isFile(input: TraceInput): input is FileInput {
  return typeof input === 'string' || 'href' in input;
}

export function pathOf(file: FileInput): string {
  if (typeof file === 'string') return file;
  const { href } = file;
  try {
    return fileURLToPath(href);
  } catch (cause) {
    const problem = `it cannot be opened: ${(cause as Error).message}. Give the bytes of what is no file.`;
    throw new TraceReadError('TRACELANE_CANNOT_READ', href, -1, problem, { cause });
  }
}

async function* chain(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
