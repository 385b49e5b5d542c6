import zlib, { constants, crc32, deflateRawSync } from 'node:zlib';
import { packingNamed } from '../../trace-event/file-names.js';
import { TraceWriteError } from './write-error.js';

/** Packs what is written, block by block. */
export interface Packing {
  pack(block: Uint8Array): Uint8Array;
  /** What stands behind the last block. */
  end(): Uint8Array;
}

/** Of a file that is not packed. */
export const plain: Packing = {
  pack: (block) => block,
  end: () => Buffer.alloc(0),
};

/** Magic number, deflate, no flags, no time, no level, unknown system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** The last block of a deflate stream, with nothing in it. */
const LAST_BLOCK = Buffer.from([3, 0]);
/** So much of what came before can be referred to. */
const WINDOW_BYTES = 32 * 1024;

/**
 * gzip in one member, as chrome://tracing reads the first only. Each block is deflated up to a byte's
 * boundary, and may refer to the one before: together they are one stream.
 */
class Gzip implements Packing {
  #window: Buffer | undefined;
  #isBegun = false;
  #crc = 0;
  #length = 0;

  pack(block: Uint8Array): Uint8Array {
    this.#crc = crc32(block, this.#crc);
    this.#length = (this.#length + block.length) % 2 ** 32;
    const packed = deflateRawSync(block, {
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#window === undefined ? {} : { dictionary: this.#window }),
    });
    if (block.length >= WINDOW_BYTES) this.#window = Buffer.from(block.subarray(-WINDOW_BYTES));
    else {
      const known = Buffer.concat([this.#window ?? Buffer.alloc(0), block]);
      this.#window = known.subarray(-WINDOW_BYTES);
    }
    return this.#behindHeader(packed);
  }

  end(): Uint8Array {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#length, 4);
    return this.#behindHeader(Buffer.concat([LAST_BLOCK, trailer]));
  }

  #behindHeader(bytes: Buffer): Buffer {
    if (this.#isBegun) return bytes;
    this.#isBegun = true;
    return Buffer.concat([GZIP_HEADER, bytes]);
  }
}

/** In Node since 22.15 and 23.8. */
const { zstdCompressSync } = zlib as unknown as {
  zstdCompressSync?: (block: Uint8Array) => Buffer;
};

/** zstd: a frame for each block, which readers put together. */
class Zstd implements Packing {
  readonly #compress: (block: Uint8Array) => Buffer;
  #isEmpty = true;

  constructor(compress: (block: Uint8Array) => Buffer) {
    this.#compress = compress;
  }

  pack(block: Uint8Array): Uint8Array {
    this.#isEmpty = false;
    return this.#compress(block);
  }

  end(): Uint8Array {
    return this.#isEmpty ? this.#compress(Buffer.alloc(0)) : Buffer.alloc(0);
  }
}

/** @throws {TraceWriteError} where this Node has no zstd. */
export function packingOf(path: string): Packing {
  const name = packingNamed(path);
  if (name === undefined) return plain;
  if (name === 'gzip') return new Gzip();
  if (zstdCompressSync !== undefined) return new Zstd(zstdCompressSync);
  const remedy = 'Use Node 22.15 or newer, or a name that ends in .gz.';
  throw new TraceWriteError(path, 'this Node cannot pack by zstd', {}, remedy);
}
