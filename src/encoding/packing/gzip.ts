import type { Buffer } from 'node:buffer';
import { type Effort, joined, type Packing, putNumber } from './packing.js';
import { CHUNK_BYTES, zlib } from './zlib.js';

/** Deflate, no flags, no time, an unknown system. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** A block of 0 bytes that are stored as they are. */
const EMPTY_BLOCK = Uint8Array.of(0, 0, 0, 0xff, 0xff);
const FINAL = 1;
/** Files are filled up with zeros on tapes, so what stands behind one is not taken for another member. */
const COVER = Uint8Array.of(0);

/**
 * One member: several, one behind the other, are not read by all viewers. Each piece ends at a whole byte,
 * so that the next one can stand behind it; the last is a block that is marked as final.
 */
export function gzip({ gzipLevel, windowBytes }: Effort): Packing {
  const { deflateRawSync, crc32, constants } = zlib();
  const options = { level: gzipLevel, chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
  return {
    start: HEADER,
    windowBytes,
    pack: (bytes, window) =>
      deflateRawSync(bytes, window.length === 0 ? options : { ...options, dictionary: window }),
    packAlone: (bytes) => deflateRawSync(bytes, options),
    padding: (length) => joined(Array(Math.ceil(length / EMPTY_BLOCK.length)).fill(EMPTY_BLOCK)),
    cover: () => COVER,
    coverBytes: COVER.length,
    // Of no bytes, zlib may give that of nothing at all.
    checksum: (bytes, before) => (bytes.length === 0 ? before : crc32(bytes, before)),
    end: (last, length, checksum) => {
      const end = new Uint8Array(EMPTY_BLOCK.length + last.length + 8);
      end[0] = FINAL;
      putNumber(end, 1, 2, last.length);
      putNumber(end, 3, 2, ~last.length);
      end.set(last, EMPTY_BLOCK.length);
      putNumber(end, end.length - 8, 4, checksum);
      putNumber(end, end.length - 4, 4, length);
      return end;
    },
  };
}

/** What the first bytes of a file are once they are unpacked, if they are packed. */
export function unpackedStart(start: Buffer): Buffer {
  if (start[0] !== HEADER[0] || start[1] !== HEADER[1]) return start;
  const { gunzipSync, constants } = zlib();
  return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
}
