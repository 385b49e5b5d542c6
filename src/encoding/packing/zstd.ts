import { type Effort, type Packing, putNumber } from './packing.js';
import { CHUNK_BYTES, zlib } from './zlib.js';

/** What a frame begins with that is passed over, before its length. */
const SKIPPED = 0x184d2a50;
const SKIPPED_HEADER_BYTES = 8;

/** A frame for each piece: frames can stand one behind the other, and each is checked by a sum of its own. */
export function zstd({ zstdLevel, windowBytes }: Effort): Packing {
  const { zstdCompressSync, constants } = zlib();
  if (zstdCompressSync === undefined) throw new Error('This Node cannot pack by zstd');
  const { ZSTD_c_compressionLevel = 0, ZSTD_c_checksumFlag = 0 } = constants;
  const params = { [ZSTD_c_compressionLevel]: zstdLevel, [ZSTD_c_checksumFlag]: 1 };
  const pack = (bytes: Uint8Array) => zstdCompressSync(bytes, { chunkSize: CHUNK_BYTES, params });
  return {
    start: new Uint8Array(0),
    windowBytes,
    pack,
    packAlone: pack,
    padding: (length) => {
      const frame = new Uint8Array(Math.max(length, SKIPPED_HEADER_BYTES));
      frame.set(skip(frame.length - SKIPPED_HEADER_BYTES));
      return frame;
    },
    cover: skip,
    coverBytes: SKIPPED_HEADER_BYTES,
    checksum: () => 0,
    end: (last) => (last.length === 0 ? last : pack(last)),
  };
}

/** The header of a frame of so many bytes that is passed over. */
function skip(length: number): Uint8Array {
  const header = new Uint8Array(SKIPPED_HEADER_BYTES);
  putNumber(header, 0, 4, SKIPPED);
  putNumber(header, 4, 4, length);
  return header;
}

/** Whether this Node has zstd. */
export function hasZstd(): boolean {
  return zlib().zstdCompressSync !== undefined;
}
