import type { Buffer } from 'node:buffer';
import process from 'node:process';

const { getBuiltinModule } = process;

/** What is given out at a time: most batches in one piece. */
export const CHUNK_BYTES = 128 * 1024;

/** What is used of `node:zlib`. */
interface Zlib {
  gunzipSync(bytes: Uint8Array, options: object): Buffer;
  deflateRawSync(bytes: Uint8Array, options: object): Uint8Array;
  crc32(bytes: Uint8Array, before: number): number;
  /** In Node since 22.15 and 23.8. */
  zstdCompressSync?(bytes: Uint8Array, options: object): Uint8Array;
  readonly constants: {
    readonly Z_SYNC_FLUSH: number;
    readonly ZSTD_c_compressionLevel?: number;
    readonly ZSTD_c_checksumFlag?: number;
  };
}

/** Loaded when it is needed: a program's start should not wait for it. */
export function zlib(): Zlib {
  return getBuiltinModule('node:zlib') as unknown as Zlib;
}
