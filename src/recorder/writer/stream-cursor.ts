import type { Arena } from '../arena/arena.js';
import { HEADER_WORDS, LENGTH_MASK, LENGTH_SHIFT } from '../arena/records.js';
import type { Stream } from '../assemble/stream.js';

/** Later than every record. */
export const END_OF_TIME: number = Number.MAX_VALUE;

/** A chunk that holds something of a stream's, as a pass found it. */
export interface PendingChunk {
  readonly chunk: number;
  /** Its place in the stream. */
  readonly chunkIndex: number;
  /** Next word to read when the pass began, and the word behind the last one committed. */
  readonly start: number;
  readonly end: number;
  /** Events up to there, those before `start` included. */
  readonly events: number;
  /** Nothing more will be committed. */
  readonly sealed: boolean;
}

/** How far a pass has read a stream: from record to record, and from chunk to chunk. */
export class StreamCursor {
  readonly stream: Stream;
  /** Chunks with something to read, in order. */
  readonly pending: PendingChunk[] = [];
  /** Which of them is being read: those before are read to their ends. */
  current = 0;
  /** The next word to read in it. */
  position = 0;
  /** Time of the record there; Infinity where there is none. */
  headTime = Number.POSITIVE_INFINITY;
  /** Place in the stream of the first chunk that was not given back. */
  nextChunk = 1;
  /** What the system calls the thread: 0 where that is not known. */
  task = 0;
  readonly #arena: Arena;
  /** Where the chunk ends. */
  #limit = 0;

  constructor(arena: Arena, stream: Stream) {
    this.#arena = arena;
    this.stream = stream;
  }

  /** Forgets what the last pass has found: what it left is found again. */
  reset(): void {
    this.pending.length = 0;
    this.current = 0;
  }

  /**
   * Begins to read what is pending, up to the first chunk that is missing or not sealed. While the
   * chunks are looked at one after the other, their thread goes on: it may have filled a chunk that
   * was free a moment ago, or grown one that has been looked at, and be two chunks further on by
   * now. False where nothing is left.
   */
  start(): boolean {
    this.#dropBehindGap();
    if (this.pending.length === 0) return false;
    this.#enter();
    this.next();
    return true;
  }

  /** The word behind the record at the position, to which the cursor moves. */
  take(): number {
    this.position += this.#length();
    return this.position;
  }

  /** Moves on to the next record, in the next chunk where this one is read: after {@link take}. */
  next(): void {
    while (this.position >= this.#limit) {
      this.current++;
      if (this.current === this.pending.length) {
        this.headTime = Number.POSITIVE_INFINITY;
        return;
      }
      this.#enter();
    }
    const time = this.#arena.float64[this.position + 1];
    // Whatever stands there in a damaged chunk, it is some time.
    this.headTime = time > 0 ? Math.min(time, END_OF_TIME) : 0;
  }

  /** Forgets the chunks that are read to their ends. */
  dropRead(): void {
    this.pending.splice(0, this.current);
    this.current = 0;
  }

  #dropBehindGap(): void {
    const { pending } = this;
    // As a difference in 32 bits: the numbers may have gone round.
    pending.sort((a, b) => (a.chunkIndex - b.chunkIndex) | 0);
    let expected = this.nextChunk;
    let whole = 0;
    for (const { chunkIndex, sealed } of pending) {
      if (chunkIndex !== expected) break;
      whole++;
      if (!sealed) break;
      expected = (expected + 1) | 0;
    }
    pending.length = whole;
  }

  #enter(): void {
    const { start, end } = this.pending[this.current];
    this.position = start;
    this.#limit = end;
  }

  /** Words of the record at the position. Where that is damaged: all the chunk's rest. */
  #length(): number {
    const rest = this.#limit - this.position;
    const words = (this.#arena.int32[this.position << 1] >>> LENGTH_SHIFT) & LENGTH_MASK;
    return words < HEADER_WORDS || words > rest ? rest : words;
  }
}
