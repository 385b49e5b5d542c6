import * as zlib from 'node:zlib';
import { PACKET } from '../../../trace-event/perfetto.js';
import { WIRE, WireReader } from './wire-reader.js';

/** Packed packets that would take up more than this are damaged, or meant to do harm. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
/** Packed packets may lie in others that are packed, so deep. Nobody writes that: it is one deep. */
const MAX_PACKED_DEPTH = 4;
/** Perfetto's own writers have four bytes for the length of a packet. */
const MAX_PACKET_BYTES = 2 ** 28;
/** A tag and the length or the number behind it have no more. */
const MAX_HEAD_BYTES = 20;

/**
 * A faster way to take packets, for those that it can: from a place on, in bytes that begin at `base` in the
 * unpacked file. Gives the place that it came to.
 */
export type FastWay = (bytes: Uint8Array, from: number, base: number) => number;

/** Why packed packets were not read. */
export type PackedProblem = 'damaged' | 'too deep' | 'packed by zstd, which needs Node 22.15';

/** How packets are packed. */
export type Packing = 'deflate' | 'zstd';

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer;

const UNPACK: Readonly<Record<Packing, Unpack | undefined>> = {
  deflate: zlib.inflateSync,
  // In Node since 22.15 and 23.8.
  zstd: (zlib as unknown as { zstdDecompressSync?: Unpack }).zstdDecompressSync,
};

/**
 * Finds the packets of a trace in the bytes of its file, as they come. Memory does not grow: what is kept
 * is a packet whose end has not come.
 */
export class Packets {
  readonly reader = new WireReader();
  readonly #take: (offset: number) => void;
  readonly #passFast: FastWay | undefined;
  /** The begin of a packet whose end has not come, in pieces. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** How many bytes have to come before it is worth looking at that again; infinite if it is damaged. */
  #missing = 0;
  /** Where the packet after the one that was read last begins. */
  #next = 0;
  /** Where the bytes that are read begin in the file. */
  #base = 0;
  #packedDepth = 0;

  /**
   * @param take Takes a packet: the reader stands in it. It begins there in the unpacked file, where packed
   *   packets count as they are when they are unpacked, and stand behind the packet that holds them.
   * @param passFast Is asked first.
   */
  constructor(take: (offset: number) => void, passFast?: FastWay) {
    this.#take = take;
    this.#passFast = passFast;
  }

  /** Whether a packet is damaged, so that what is behind it cannot be found. */
  get isDamaged(): boolean {
    return this.#missing === Number.POSITIVE_INFINITY;
  }

  /** How many bytes there are of a packet whose end has not come. */
  get restBytes(): number {
    return this.#restBytes;
  }

  /** Where the next packet begins in the file. */
  get position(): number {
    return this.#base;
  }

  /** Takes the packets that are whole. */
  push(block: Buffer): void {
    let from = 0;
    while (this.#rest.length > 0 && from < block.length && !this.isDamaged) {
      const piece = Buffer.from(block.subarray(from, from + this.#missing));
      from += piece.length;
      this.#rest.push(piece);
      this.#restBytes += piece.length;
      this.#missing -= piece.length;
      // Put together once only, as a packet may consist of many blocks.
      if (this.#missing === 0) this.#read(Buffer.concat(this.#rest));
    }
    if (from < block.length && !this.isDamaged) this.#read(block.subarray(from));
  }

  /**
   * Takes packets that one holds, packed.
   *
   * @returns why they were not read, or not all of them.
   */
  unpack(start: number, stop: number, packing: Packing): PackedProblem | undefined {
    if (this.#packedDepth === MAX_PACKED_DEPTH) return 'too deep';
    const unpack = UNPACK[packing];
    if (unpack === undefined) return 'packed by zstd, which needs Node 22.15';
    const { bytes } = this.reader;
    const [base, next] = [this.#base, this.#next];
    let unpacked: Buffer;
    try {
      const options = { maxOutputLength: MAX_UNPACKED_BYTES };
      unpacked = unpack(bytes.subarray(start, stop), options);
    } catch {
      return 'damaged';
    }
    this.#packedDepth++;
    this.#base = base + next;
    this.#packets(unpacked);
    this.#base = base + unpacked.length;
    this.#packedDepth--;
    this.#next = next;
    this.reader.bytes = bytes;
    return undefined;
  }

  #read(bytes: Buffer): void {
    const done = this.#packets(bytes);
    this.#base += done;
    const rest = bytes.length - done;
    this.#restBytes = rest;
    this.#rest = rest === 0 ? [] : [Buffer.from(bytes.subarray(done))];
    this.#missing = rest === 0 ? 0 : this.#missingOf(rest);
  }

  /** Takes all packets that are whole; gives where they end. */
  #packets(bytes: Uint8Array): number {
    const { reader } = this;
    const end = bytes.length;
    reader.bytes = bytes;
    for (let done = 0; ; done = this.#next) {
      done = this.#passFast?.(bytes, done, this.#base) ?? done;
      reader.enter(done, end);
      if (!reader.next()) return done;
      this.#next = reader.at;
      if (reader.field !== PACKET) continue;
      reader.enter(reader.start, reader.stop);
      this.#take(this.#base + done);
    }
  }

  /**
   * How many bytes are missing, at the least, of the packet that the reader has tried to read; infinite if
   * more bytes would not make it one.
   *
   * @param there How many bytes of it are there.
   */
  #missingOf(there: number): number {
    const { wire, stop, end } = this.reader;
    if (there < MAX_HEAD_BYTES) return 1;
    const missing = wire === WIRE.bytes ? stop - end : 0;
    return missing > 0 && missing < MAX_PACKET_BYTES ? missing : Number.POSITIVE_INFINITY;
  }
}
