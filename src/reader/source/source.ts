import {
  accessSync,
  closeSync,
  createReadStream,
  constants as fileConstants,
  fstatSync,
  openSync,
  statSync,
} from 'node:fs';
import { type Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import zlib, { constants, createGunzip } from 'node:zlib';
import { isCpuProfile, isMisnamed, translateProfile } from './cpu-profile.js';
import {
  blocksOfFile,
  blocksOfOpenFile,
  firstBytesOf,
  isOpenFile,
  openPipe,
} from './file-blocks.js';
import type { ListForm } from './list-reader.js';
import { ENOUGH_BYTES, isPerfetto } from './perfetto/is-perfetto.js';
import { TraceReadError } from './read-error.js';
import type { FileInput, TraceInput } from './trace-input.js';

const BLOCK_BYTES = 1024 * 1024;
const GZIP = [0x1f, 0x8b] as const;
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** So many of the first bytes tell what a file is. */
const MAGIC_BYTES = ZSTD.length;
/** A gzip member ends with the unpacked length of what it holds. */
const LENGTH_BYTES = 4;
const STDIN = 0;
/** ZSTD_e_continue: there may be more. */
const ZSTD_CONTINUE = 0;

/** How far reading has come, in bytes of the file as it stands on the disk. */
export interface Progress {
  readonly read: number;
  /** Undefined for a pipe: its size is not known. */
  readonly size: number | undefined;
}

/**
 * The unpacked bytes of a trace, block by block. No more than a block of it is in memory, but for profiles
 * of V8's, which are read as a whole. A block is valid until the next one is asked for.
 */
export class TraceSource {
  readonly name: string;
  /** Known once the first block was read. */
  gzipped = false;
  /** Whether it is in Perfetto's format. Known once the first block was read. */
  isPerfetto = false;
  /** Known once all was read. Viewers differ in what they read of several members. */
  membersOfGzip: 'one' | 'several' | 'unknown' = 'unknown';
  #read = 0;
  #size: number | undefined;
  #unpacked = 0;
  #tail: Buffer = Buffer.alloc(0);
  readonly #raw: AsyncIterable<Uint8Array>;
  readonly #path: string | undefined;

  /** @param mayBlock Whether the thread has nothing else to do while a file is read: that costs less. */
  constructor(input: TraceInput, mayBlock = false) {
    if (isFile(input)) {
      this.name = pathOf(input);
      this.#path = this.name;
      this.#raw = this.#open(this.name, mayBlock);
    } else if (input === process.stdin) {
      this.name = '<stdin>';
      // As a stream it comes in pieces of 64 KB, each by way of another thread.
      this.#raw = isOpenFile(STDIN) ? blocksOfOpenFile(STDIN) : input;
    } else {
      this.name = '<stream>';
      this.#raw = input;
    }
  }

  get progress(): Progress {
    return { read: this.#read, size: this.#size };
  }

  /** The same bytes from their start, where they can be read once more: those of a file, not of a pipe. */
  again(): TraceSource | undefined {
    return this.#path === undefined || this.#size === undefined
      ? undefined
      : new TraceSource(this.#path, true);
  }

  /** The bytes, unpacked. */
  async *blocks(): AsyncGenerator<Buffer> {
    const raw = this.#rawBlocks();
    try {
      const { start, all } = await begin(raw, ({ length }) => length < MAGIC_BYTES);
      if (beginsWith(start, GZIP)) yield* this.#recognise(this.#gunzip(all));
      else if (beginsWith(start, ZSTD))
        yield* this.#recognise(this.#unpack(unzstd(this.name), all));
      else yield* this.#recognise(all);
    } catch (cause) {
      throw cause instanceof TraceReadError ? cause : cannotRead(this.name, cause);
    } finally {
      // Not awaited: if a block was asked for that does not come, this would not come, either.
      void raw.return(undefined).catch(() => {});
      this.close();
    }
  }

  /** Has reading fail that waits for what may never come. */
  close(): void {
    if (this.#raw instanceof Readable) this.#raw.destroy();
  }

  #open(path: string, mayBlock: boolean): AsyncIterable<Uint8Array> {
    try {
      const pipe = openPipe(path);
      if (pipe !== undefined) return pipe;
      const fd = openSync(path, 'r');
      const stat = fstatSync(fd);
      if (stat.isDirectory()) {
        closeSync(fd);
        throw isDirectory(path);
      }
      if (stat.isFile()) this.#size = stat.size;
      if (mayBlock && stat.isFile()) return blocksOfFile(fd);
      return createReadStream(path, { fd, highWaterMark: BLOCK_BYTES });
    } catch (cause) {
      throw cannotOpen(path, cause);
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

  /** Finds out which format it is. Profiles of V8's become traces in Chrome's. */
  async *#recognise(unpacked: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    const { start, areAll, all } = await begin(
      unpacked,
      (bytes) =>
        isPerfetto(bytes, false) === undefined ||
        isCpuProfile(bytes, false, this.name) === undefined,
    );
    if (isCpuProfile(start, areAll, this.name) === true) {
      // What its samples stand for is told before them, or behind: it is needed as a whole.
      const pieces: Buffer[] = [];
      for await (const block of all) pieces.push(Buffer.from(block));
      const text = Buffer.concat(pieces).toString();
      if (isMisnamed(text)) yield* pieces;
      else yield* translateProfile(text, this.name);
      return;
    }
    this.isPerfetto = isPerfetto(start, areAll) === true;
    yield* all;
  }

  async *#unpack(unpacker: Duplex, raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    // It is asked for the next blocks before it has used the first.
    const packed = Readable.from(copiesOf(raw));
    packed.on('error', (error) => unpacker.destroy(error));
    try {
      for await (const block of packed.pipe(unpacker)) {
        this.#unpacked += (block as Buffer).length;
        yield block as Buffer;
      }
      if (this.#unpacked === 0) throw unpacksToNothing(this.name);
    } finally {
      packed.destroy();
    }
  }

  async *#gunzip(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    this.gzipped = true;
    // With Z_SYNC_FLUSH a file that was cut off is no error, but gives what there is of it. That
    // it was cut shows in the JSON.
    const options = { chunkSize: BLOCK_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
    yield* this.#unpack(createGunzip(options), raw);
    if (this.#tail.length < LENGTH_BYTES) return;
    const last = this.#tail.readUInt32LE(0);
    this.membersOfGzip = last === this.#unpacked % 2 ** 32 ? 'one' : 'several';
  }
}

/** Throws if there is no file that could be read, without opening it. */
export function checkReadable(path: string): void {
  try {
    if (statSync(path).isDirectory()) throw isDirectory(path);
    accessSync(path, fileConstants.R_OK);
  } catch (cause) {
    throw cannotOpen(path, cause);
  }
}

/**
 * Throws if the file cannot be read more than once, like a pipe. Gives what throws if it has changed
 * since: what was seen in it first is then not what is read later.
 */
export function checkRereadable(path: string): () => void {
  checkReadable(path);
  if (!isRereadable(path)) {
    const problem =
      'it is no regular file, and has to be read more than once. Save it to a file first.';
    throw new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem);
  }
  const state = stateOf(path);
  return () => {
    if (stateOf(path) === state) return;
    const problem =
      'it has changed while it was read, and has to be read more than once. Wait until it is whole, or make a copy first.';
    throw new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem);
  };
}

/** Another text when the file is another one, or something else is in it. */
function stateOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ');
}

/** Whether a trace can be read more than once. What is not there cannot: whoever opens it says why. */
export function isRereadable(input: TraceInput): boolean {
  if (!isFile(input)) return false;
  try {
    return statSync(pathOf(input)).isFile();
  } catch {
    return false;
  }
}

function isDirectory(path: string): TraceReadError {
  const problem = 'it is a directory, and a trace is a file. Give the path of one.';
  return new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem);
}

function cannotOpen(path: string, cause: unknown): TraceReadError {
  if (cause instanceof TraceReadError) return cause;
  const { message } = cause as Error;
  const problem = `it cannot be opened: ${message}. Check the path and your rights to read it.`;
  return new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem, { cause });
}

/** What to say of a file that was opened, but cannot be read or unpacked. */
export function cannotRead(name: string, cause: unknown): TraceReadError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const packed = code?.startsWith('Z_') ? 'gzip' : code?.startsWith('ZSTD_') ? 'zstd' : undefined;
  const problem =
    packed === undefined
      ? `it cannot be read: ${message}. Check the disk, or the program, that it comes from.`
      : `it is damaged ${packed}: ${message}. Get it once more, or save what stands before the damage ` +
        `(\`${packed} -dc FILE > trace.json\`) and read that.`;
  return new TraceReadError('TRACELANE_CANNOT_READ', name, -1, problem, { cause });
}

/**
 * Whether what is read of a file are other bytes than those in it, as it is packed or in another format:
 * then places in it are no places in the file. What cannot be read is taken as it is.
 */
export function isTranslated(path: string): boolean {
  return isTranslatedFrom(firstBytesOf(path, ENOUGH_BYTES), path);
}

function isTranslatedFrom(start: Buffer, path: string): boolean {
  return (
    beginsWith(start, GZIP) ||
    beginsWith(start, ZSTD) ||
    isPerfetto(start, true) === true ||
    isCpuProfile(start, true, path) === true
  );
}

function unpacksToNothing(name: string): TraceReadError {
  const problem =
    'it is packed, and nothing can be unpacked of it: it was cut off soon after its start, or what was ' +
    'packed was empty. Get it once more.';
  return new TraceReadError('TRACELANE_CANNOT_READ', name, -1, problem);
}

/** What the list of events of a file stands in, where it is plain JSON: as far as its first bytes tell. */
export function listFormOf(path: string): ListForm | undefined {
  const start = firstBytesOf(path, ENOUGH_BYTES);
  if (isTranslatedFrom(start, path)) return undefined;
  const [bracket] = start.toString('latin1').trimStart();
  return bracket === '[' ? 'array' : bracket === '{' ? 'object' : undefined;
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

/** The first bytes, as many as are needed to tell what they are, and all bytes from there on. */
async function begin(
  blocks: AsyncGenerator<Buffer>,
  needsMore: (start: Buffer) => boolean,
): Promise<{ start: Buffer; areAll: boolean; all: AsyncGenerator<Buffer> }> {
  let start: Buffer = Buffer.alloc(0);
  let areAll = false;
  while (!areAll && needsMore(start)) {
    const next = await blocks.next();
    areAll = next.done === true;
    if (next.done !== true) {
      // A copy: the block's own memory may be used again.
      start = Buffer.concat([start, next.value]);
    }
  }
  return { start, areAll, all: chain(start, blocks) };
}

function beginsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** @throws {TraceReadError} where Node cannot unpack it. */
function unzstd(name: string): Duplex {
  // In Node since 22.15 and 23.8.
  const { createZstdDecompress } = zlib as unknown as {
    createZstdDecompress?: (options: { chunkSize: number; finishFlush?: number }) => Duplex;
  };
  // Where the file was cut off, no error, but what there is of it.
  const options = { chunkSize: BLOCK_BYTES, finishFlush: ZSTD_CONTINUE };
  if (createZstdDecompress !== undefined) return createZstdDecompress(options);
  const problem =
    'it is packed by zstd, which this Node cannot unpack. Use Node 22.15 or newer, or unpack it by ' +
    '`zstd -d` first.';
  throw new TraceReadError('TRACELANE_CANNOT_READ', name, -1, problem);
}

async function* copiesOf(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const block of blocks) yield Buffer.from(block);
}

async function* chain(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}
