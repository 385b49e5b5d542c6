import { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { TemporaryFile } from '../../timeline/temporary-file.js';

/** A chunk is closed when it has so many bytes, or more. */
const CHUNK_BYTES = 64 * 1024;
/** Places count in these, one for each chunk. */
const CHUNK_RANGE = 2 * CHUNK_BYTES;
/** Chunks that are kept in memory: the first ones that come, then those of the file that were read last. */
const MAX_CHUNKS = 512;
const MAX_READ = 128;
const LENGTH_BYTES = 4;

interface Chunk {
  readonly bytes: Uint8Array | undefined;
  readonly position: number;
  readonly length: number;
}

/**
 * Records of bytes, which are read again in about the order in which they came. What does not fit into
 * memory goes to a temporary file.
 */
export class Spool {
  /** Where the record that was begun is to be put. */
  readonly out = new WireBuffer(CHUNK_BYTES);
  readonly #chunks: Chunk[] = [];
  readonly #read = new Map<number, Uint8Array>();
  readonly #file = new TemporaryFile('.spool', 'arguments');
  /** Of the record that was read last: where it stands. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  #last = -1;
  #lastBytes: Uint8Array = new Uint8Array(0);

  constructor() {
    // No record is at place 0.
    this.out.byte(0);
  }

  /** Begins a record. Gives its place, which is never 0. */
  begin(): number {
    const { out } = this;
    if (out.length >= CHUNK_BYTES) this.#close();
    const place = this.#chunks.length * CHUNK_RANGE + out.length;
    out.reserve(LENGTH_BYTES);
    out.length += LENGTH_BYTES;
    return place;
  }

  /** Ends the record of that place. Gives 0 if it is empty: it is no record then. */
  finish(place: number): number {
    const { out } = this;
    const at = place % CHUNK_RANGE;
    const length = out.length - at - LENGTH_BYTES;
    if (length === 0) {
      out.length = at;
      return 0;
    }
    for (let i = 0; i < LENGTH_BYTES; i++) out.set(at + i, (length >>> (8 * i)) & 0xff);
    return place;
  }

  /** Goes to a record; to an empty one for place 0. */
  read(place: number): void {
    if (place === 0) {
      this.start = 0;
      this.end = 0;
      return;
    }
    const number = Math.floor(place / CHUNK_RANGE);
    const bytes = number === this.#last ? this.#lastBytes : this.#chunk(number);
    const at = place - number * CHUNK_RANGE;
    const length = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    this.bytes = bytes;
    this.start = at + LENGTH_BYTES;
    this.end = this.start + length;
  }

  /** The number of 32 bits at a place of the record that was read last. */
  word(at: number): number {
    const { bytes } = this;
    const i = this.start + at;
    return (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)) >>> 0;
  }

  /** Puts such a number into the record that was begun. */
  putWord(value: number): void {
    const { out } = this;
    out.reserve(LENGTH_BYTES);
    for (let i = 0; i < LENGTH_BYTES; i++) out.byte((value >>> (8 * i)) & 0xff);
  }

  /** Gives the temporary file back. Can be called again. */
  close(): void {
    this.#file.close();
  }

  #close(): void {
    const { out } = this;
    const position = this.#file.length;
    if (this.#chunks.length < MAX_CHUNKS) {
      // No Buffer: it takes longer to make a part of one.
      this.#chunks.push({ bytes: new Uint8Array(out.view()), position, length: 0 });
    } else {
      const bytes = out.view();
      this.#file.append(bytes);
      this.#chunks.push({ bytes: undefined, position, length: bytes.length });
    }
    out.clear(CHUNK_BYTES);
  }

  #chunk(number: number): Uint8Array {
    const chunk = this.#chunks[number];
    // The one that is not closed may still move.
    if (chunk === undefined) return this.out.view();
    this.#last = number;
    this.#lastBytes = chunk.bytes ?? this.#load(number, chunk);
    return this.#lastBytes;
  }

  #load(number: number, { position, length }: Chunk): Uint8Array {
    const known = this.#read.get(number);
    if (known !== undefined) return known;
    const bytes = this.#room(length);
    this.#file.read(bytes.subarray(0, length), position);
    this.#read.set(number, bytes);
    return bytes;
  }

  /** Memory for a chunk: if there is enough of it, that of the one that was read first. */
  #room(length: number): Uint8Array {
    if (this.#read.size < MAX_READ) return new Uint8Array(Math.max(length, CHUNK_BYTES + 1024));
    const [oldest, bytes] = this.#read.entries().next().value as [number, Uint8Array];
    this.#read.delete(oldest);
    return bytes.length >= length ? bytes : new Uint8Array(length);
  }
}
