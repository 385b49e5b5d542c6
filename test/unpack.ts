import zlib from 'node:zlib';

const { zstdDecompressSync } = zlib as unknown as {
  zstdDecompressSync?: (bytes: Uint8Array) => Buffer;
};

/** Whether this Node has zstd. */
export const hasZstd = zstdDecompressSync !== undefined;

/** A file that is packed as its name says, by Node's own functions, which want it to be whole. */
export function unpack(name: string, bytes: Uint8Array): Buffer {
  if (name.endsWith('.gz')) return zlib.gunzipSync(bytes);
  if (name.endsWith('.zst')) return (zstdDecompressSync as (packed: Uint8Array) => Buffer)(bytes);
  return Buffer.from(bytes);
}
