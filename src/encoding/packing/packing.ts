/** How well to pack. */
export interface Effort {
  readonly gzipLevel: number;
  readonly zstdLevel: number;
  /** So many of the bytes before a piece are used to pack that. */
  readonly windowBytes: number;
}

/** A way to pack a file piece by piece, so that it can be unpacked at any time up to there. */
export interface Packing {
  /** What the file begins with. */
  readonly start: Uint8Array;
  /** How many of the bytes before a piece it uses. */
  readonly windowBytes: number;
  /** Packs bytes that stand behind others, which end in `window`. */
  pack(bytes: Uint8Array, window: Uint8Array): Uint8Array;
  /** Packs bytes so that they can stand behind any others. */
  packAlone(bytes: Uint8Array): Uint8Array;
  /** Packed bytes of nothing: so many, or a few more. */
  padding(length: number): Uint8Array;
  /** What has unpackers pass over so many bytes behind it, at the end of a file. */
  cover(length: number): Uint8Array;
  /** How long that is. */
  readonly coverBytes: number;
  /** The sum that the end of the file needs of all bytes, from that of those before. */
  checksum(bytes: Uint8Array, before: number): number;
  /** What ends the file, with its last bytes; `length` and `checksum` are those of all bytes. */
  end(last: Uint8Array, length: number, checksum: number): Uint8Array;
}

/** What was packed up to some place: all that is needed to go on there. Can be cloned. */
export interface Packed {
  /** Of the packed bytes. */
  readonly kept: number;
  /** Of the bytes themselves. */
  readonly length: number;
  readonly checksum: number;
  /** The last bytes: those that follow are packed better by what they have in common with them. */
  readonly window: Uint8Array;
}

export const NOTHING_PACKED: Packed = {
  kept: 0,
  length: 0,
  checksum: 0,
  window: new Uint8Array(0),
};

/** Packs bytes behind others. */
export function packBehind(
  before: Packed,
  bytes: Uint8Array,
  packing: Packing,
): { readonly packed: Uint8Array; readonly after: Packed } {
  const start = before.kept === 0 ? packing.start : new Uint8Array(0);
  if (bytes.length === 0) {
    return { packed: start, after: { ...before, kept: before.kept + start.length } };
  }
  const packed = joined([start, packing.pack(bytes, before.window)]);
  const { windowBytes } = packing;
  return {
    packed,
    after: {
      kept: before.kept + packed.length,
      length: before.length + bytes.length,
      checksum: packing.checksum(bytes, before.checksum),
      // A copy: the caller's memory will hold other bytes.
      window: joined([before.window, bytes.subarray(-windowBytes)]).slice(-windowBytes),
    },
  };
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Writes the lowest bytes of a whole number, the lowest one first. */
export function putNumber(to: Uint8Array, at: number, bytes: number, value: number): void {
  for (let i = 0; i < bytes; i++) to[at + i] = value >>> (8 * i);
}
