import { Buffer } from 'node:buffer';

/** Bytes that `reserve` adds: stores of whole words may reach so far beyond what is put. */
const SLACK = 8;
const WORD = SLACK;
/** Longer texts are copied faster by `set` than word by word (Node 20 and 26). */
const MAX_SHORT = 80;

/** Bytes that are put many times. */
export class Piece {
  readonly bytes: Uint8Array;
  /**
   * The same with zeros behind it, eight bytes at a time, if it is short. As doubles, because
   * nothing else moves eight bytes at this cost. None is NaN, whose bits need not survive. In UTF-8 none
   * can be: no byte is 0xFF, and none from 0xF0 on stands before 0x7F.
   */
  readonly words: Float64Array | undefined;

  /** A text is encoded as UTF-8. */
  constructor(content: string | Uint8Array) {
    this.bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { length } = this.bytes;
    if (length > MAX_SHORT) return;
    const padded = viewOf(Buffer.concat([this.bytes, Buffer.alloc(SLACK)]));
    const words = new Float64Array(Math.ceil(length / WORD));
    for (let i = 0; i < words.length; i++) {
      words[i] = padded.getFloat64(WORD * i, true);
      if (Number.isNaN(words[i])) return;
    }
    this.words = words;
  }
}

/** Bytes that grow at the end. Callers make room with `reserve` and then put what fits. */
export class ByteBuffer {
  protected memory: Buffer;
  protected words: DataView;
  length = 0;

  constructor(capacity: number) {
    this.memory = Buffer.allocUnsafeSlow(capacity);
    this.words = viewOf(this.memory);
  }

  view(): Uint8Array {
    return this.memory.subarray(0, this.length);
  }

  /** What was put since there were so many bytes, in memory of its own. */
  pieceFrom(start: number): Piece {
    return new Piece(Buffer.from(this.memory.subarray(start, this.length)));
  }

  /** Room for so many bytes behind what is there. */
  reserve(count: number): void {
    const needed = this.length + count + SLACK;
    if (needed <= this.memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.memory.length));
    larger.set(this.view());
    this.memory = larger;
    this.words = viewOf(larger);
  }

  /** Forgets the content, and memory beyond the capacity given. */
  clear(capacity: number): void {
    this.length = 0;
    if (this.memory.length <= 4 * capacity) return;
    this.memory = Buffer.allocUnsafeSlow(capacity);
    this.words = viewOf(this.memory);
  }

  byte(value: number): void {
    this.memory[this.length++] = value;
  }

  /** Overwrites the byte that stands so many before the end. */
  replace(back: number, value: number): void {
    this.memory[this.length - back] = value;
  }

  put({ bytes, words }: Piece): void {
    if (words === undefined) this.memory.set(bytes, this.length);
    else {
      const view = this.words;
      for (let i = 0, at = this.length; i < words.length; i++, at += WORD) {
        view.setFloat64(at, words[i], true);
      }
    }
    this.length += bytes.length;
  }

  bytes(source: Uint8Array): void {
    this.memory.set(source, this.length);
    this.length += source.length;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.length += this.memory.write(text, this.length, 'utf8');
  }

  /** ASCII only. */
  ascii(text: string): void {
    const bytes = this.memory;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
