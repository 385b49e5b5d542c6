import { closeSync, openSync, writeSync } from 'node:fs';
import {
  joined,
  NOTHING_PACKED,
  type Packing,
  packBehind,
} from '../../encoding/packing/packing.js';

const BLOCK_BYTES = 1024 * 1024;
/** Bytes of UTF-8 that a UTF-16 code unit takes at most. */
const BYTES_PER_UNIT = 3;

const NOTHING = new Uint8Array(0);

/** A new file, written in blocks, each of which may be packed. */
export class BlockFile {
  readonly #fd: number;
  readonly #packing: Packing | undefined;
  #packed = NOTHING_PACKED;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #length = 0;
  #closed = false;
  /** How many bytes it has on the disk. */
  size = 0;

  constructor(path: string, packing?: Packing) {
    this.#fd = openSync(path, 'wx');
    this.#packing = packing;
  }

  put(piece: string | Uint8Array): void {
    const most = typeof piece === 'string' ? BYTES_PER_UNIT * piece.length : piece.length;
    if (this.#length + most > BLOCK_BYTES) this.#flush();
    if (most > BLOCK_BYTES) this.#pack(Buffer.from(piece as Uint8Array));
    else if (typeof piece === 'string') this.#length += this.#block.write(piece, this.#length);
    else {
      this.#block.set(piece, this.#length);
      this.#length += piece.length;
    }
  }

  /** Writes what is left. */
  end(): void {
    this.#flush();
    if (this.#packing === undefined) return;
    const { kept, length, checksum } = this.#packed;
    // What holds nothing is packed, too.
    if (kept === 0) this.#write(joined([this.#packing.start, this.#packing.packAlone(NOTHING)]));
    this.#write(this.#packing.end(NOTHING, length, checksum));
  }

  /** Can be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #flush(): void {
    if (this.#length > 0) this.#pack(this.#block.subarray(0, this.#length));
    this.#length = 0;
  }

  #pack(bytes: Uint8Array): void {
    if (this.#packing === undefined) this.#write(bytes);
    else {
      const { packed, after } = packBehind(this.#packed, bytes, this.#packing);
      this.#packed = after;
      this.#write(packed);
    }
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.size += bytes.length;
  }
}
