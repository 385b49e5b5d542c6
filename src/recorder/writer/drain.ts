import type { Arena } from '../arena/arena.js';
import {
  CHUNK_FREE,
  CHUNK_SEALED,
  CHUNK_STATE_BITS,
  CHUNK_STATE_MASK,
  COMMIT_EVENT_SHIFT,
  COMMIT_WORDS_MASK,
  COUNTER_RETIRED,
  HEADER_COMMIT,
  HEADER_CONSUMED,
  HEADER_SEQUENCE,
  HEADER_STATE,
  SLOT_SETTLING,
} from '../arena/layout.js';
import { HEADER_WORDS, LENGTH_MASK, LENGTH_SHIFT } from '../arena/records.js';
import { Stream } from '../assemble/stream.js';
import type { ReadChunk } from './checkpoint.js';

/** Later than every record. */
export const END_OF_TIME: number = Number.MAX_VALUE;

/** Takes one record of a stream, in words `at` to `end` of the arena. */
export type TakeRecord = (stream: Stream, at: number, end: number) => void;

/**
 * Reads what the threads have committed and hands it on record by record, in the order of time
 * over all threads: so whatever decides about the records sees causes before effects.
 */
export class Drain {
  readonly streams = new Map<number, Stream>();
  readonly #arena: Arena;
  readonly #pid: number;
  /** Events that were read in each chunk which is not given back yet. */
  readonly #eventsRead: Uint16Array;

  constructor(arena: Arena, pid: number) {
    this.#arena = arena;
    this.#pid = pid;
    this.#eventsRead = new Uint16Array(arena.chunkCount);
  }

  /**
   * Reads all that was committed before the call and is not later than `until`
   * (performance.now()). Records may be later, when their thread is at work right now: another
   * thread's earlier record could then still be missing, so they wait for the next pass.
   *
   * `take` may call {@link settle} at any time. Says how many records it took.
   */
  pass(until: number, take: TakeRecord): number {
    const active = this.#scan();
    let taken = 0;
    while (active.length > 0) {
      // The earliest stream goes on until another one is earlier. Few threads are active at a
      // time, so that a search through them beats keeping a heap.
      let earliest = active[0];
      let bound = until;
      for (let i = 1; i < active.length; i++) {
        const stream = active[i];
        if (stream.headTime < earliest.headTime) {
          if (earliest.headTime < bound) bound = earliest.headTime;
          earliest = stream;
        } else if (stream.headTime < bound) bound = stream.headTime;
      }
      if (earliest.headTime > until) break;
      do {
        const at = earliest.position;
        const end = at + this.#length(earliest);
        // Before the record is handed on: `settle` in there counts it as read.
        earliest.position = end;
        take(earliest, at, end);
        this.#advance(earliest);
        taken++;
      } while (earliest.headTime <= bound);
      if (earliest.headTime === Number.POSITIVE_INFINITY)
        active.splice(active.indexOf(earliest), 1);
    }
    return taken;
  }

  /** What was read so far is done with: chunks that hold nothing else go back to the threads. */
  settle(): void {
    const { int32 } = this.#arena;
    let freed = false;
    // Odd while events move from the chunks' counts to the total: see `countRecorded`.
    Atomics.add(int32, SLOT_SETTLING, 1);
    for (const stream of this.streams.values()) {
      const { pending, cursor } = stream;
      for (let i = 0; i < cursor; i++) {
        const { chunk, sequence, end, events, sealed } = pending[i];
        if (sealed) {
          freed = true;
          stream.nextChunk = (sequence + 1) | 0;
          this.#retire(chunk);
        } else {
          int32[this.#arena.header(chunk) + HEADER_CONSUMED] = end - this.#arena.body(chunk);
          this.#eventsRead[chunk] = events;
        }
      }
      if (cursor < pending.length) {
        const { chunk } = pending[cursor];
        const consumed = stream.position - this.#arena.body(chunk);
        int32[this.#arena.header(chunk) + HEADER_CONSUMED] = consumed;
      }
      pending.splice(0, cursor);
      stream.cursor = 0;
    }
    Atomics.add(int32, SLOT_SETTLING, 1);
    if (freed) this.#arena.notifyFreed();
  }

  /**
   * The end: from here on, what was read counts as recorded, and nothing else. A thread that was at
   * work when recording stopped may commit one more record, which nobody will read.
   */
  retireAll(): void {
    // Odd for good: whoever counts meanwhile waits until the writer says that it has finished.
    Atomics.add(this.#arena.int32, SLOT_SETTLING, 1);
    const events = this.#eventsRead.reduce((sum, read) => sum + read, 0);
    Atomics.add(this.#arena.counters, COUNTER_RETIRED, BigInt(events));
    this.#eventsRead.fill(0);
  }

  /** Whether there is a chunk to give back, though the last pass has read nothing in it. */
  get holdsRead(): boolean {
    return Array.from(this.streams.values()).some(({ pending, cursor }) =>
      pending.some(({ sealed }, i) => sealed && i < cursor),
    );
  }

  /** What the next `settle()` does. */
  readChunks(): ReadChunk[] {
    const { int32 } = this.#arena;
    const all: ReadChunk[] = [];
    for (const { id: stream, pending, cursor, position } of this.streams.values()) {
      for (const [i, { chunk, sequence, end, sealed }] of pending.entries()) {
        if (i > cursor) break;
        const consumed = (i < cursor ? end : position) - this.#arena.body(chunk);
        const free = i < cursor && sealed;
        const header = this.#arena.header(chunk);
        const events = free ? int32[header + HEADER_COMMIT] >>> COMMIT_EVENT_SHIFT : 0;
        all.push({ chunk, stream, sequence, consumed, free, events });
      }
    }
    return all;
  }

  /** Does again what another writer's `settle()` may have done in part before it was ended. */
  static settleAgain(arena: Arena, read: readonly ReadChunk[]): void {
    const { int32 } = arena;
    for (const { chunk, stream, sequence, consumed, free } of read) {
      const header = arena.header(chunk);
      const state = Atomics.load(int32, header + HEADER_STATE);
      // Freed already; another may own it by now.
      if (state === CHUNK_FREE || state >>> CHUNK_STATE_BITS !== stream) continue;
      if (int32[header + HEADER_SEQUENCE] !== sequence) continue;
      if (free) arena.free(chunk);
      else int32[header + HEADER_CONSUMED] = consumed;
    }
    if ((Atomics.load(int32, SLOT_SETTLING) & 1) !== 0) Atomics.add(int32, SLOT_SETTLING, 1);
    arena.notifyFreed();
  }

  #retire(chunk: number): void {
    const { int32, counters } = this.#arena;
    const commit = int32[this.#arena.header(chunk) + HEADER_COMMIT];
    Atomics.add(counters, COUNTER_RETIRED, BigInt(commit >>> COMMIT_EVENT_SHIFT));
    this.#eventsRead[chunk] = 0;
    this.#arena.free(chunk);
  }

  /** Finds what there is to read; the streams that have something, each at its first record. */
  #scan(): Stream[] {
    const { int32, chunkCount } = this.#arena;
    const live = new Set<Stream>();
    const active: Stream[] = [];
    for (const stream of this.streams.values()) {
      // What the last pass left for later is found again.
      stream.pending.length = 0;
      stream.cursor = 0;
    }
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const header = this.#arena.header(chunk);
      // The state before the commit: if it says SEALED, the commit that follows is the last one.
      const state = Atomics.load(int32, header + HEADER_STATE);
      if (state === CHUNK_FREE) continue;
      const commit = Atomics.load(int32, header + HEADER_COMMIT);
      // Nothing committed: the rest of the header is not valid yet.
      if (commit === 0) {
        this.#reclaim(chunk, state);
        continue;
      }
      const stream = this.stream(state >>> CHUNK_STATE_BITS);
      live.add(stream);
      const body = this.#arena.body(chunk);
      const start = body + int32[header + HEADER_CONSUMED];
      const end = body + (commit & COMMIT_WORDS_MASK);
      const sealed = (state & CHUNK_STATE_MASK) === CHUNK_SEALED || stream.ended;
      const events = commit >>> COMMIT_EVENT_SHIFT;
      if (start >= end && !sealed) {
        this.#eventsRead[chunk] = events;
        continue;
      }
      if (stream.pending.length === 0) active.push(stream);
      const sequence = int32[header + HEADER_SEQUENCE];
      stream.pending.push({ chunk, sequence, start, end, events, sealed });
    }
    for (const stream of this.streams.values()) {
      if (stream.forgettable && !live.has(stream)) this.streams.delete(stream.id);
    }
    return active.filter((stream) => {
      dropBehindGap(stream);
      if (stream.pending.length === 0) return false;
      enter(stream);
      this.#advance(stream);
      return true;
    });
  }

  /** A thread that died before its first commit into a chunk has left it empty. */
  #reclaim(chunk: number, state: number): void {
    if (this.streams.get(state >>> CHUNK_STATE_BITS)?.ended !== true) return;
    this.#arena.free(chunk);
    this.#arena.notifyFreed();
  }

  /** The stream of that number, known or new. */
  stream(id: number): Stream {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = new Stream(id, this.#pid);
      this.streams.set(id, stream);
    }
    return stream;
  }

  /** Moves on to the stream's next record, in the next chunk where this one is read. */
  #advance(stream: Stream): void {
    while (stream.position >= stream.limit) {
      stream.cursor++;
      if (stream.cursor === stream.pending.length) {
        stream.headTime = Number.POSITIVE_INFINITY;
        return;
      }
      enter(stream);
    }
    const time = this.#arena.float64[stream.position + 1];
    // Whatever stands there in a damaged chunk, it is some time.
    stream.headTime = time > 0 ? Math.min(time, END_OF_TIME) : 0;
  }

  /** Words of the record at the stream's position. Where that is damaged: all the chunk's rest. */
  #length(stream: Stream): number {
    const rest = stream.limit - stream.position;
    const words = (this.#arena.int32[stream.position << 1] >>> LENGTH_SHIFT) & LENGTH_MASK;
    return words < HEADER_WORDS || words > rest ? rest : words;
  }
}

/** Goes to where reading begins in the chunk at the cursor. */
function enter(stream: Stream): void {
  const { start, end } = stream.pending[stream.cursor];
  stream.position = start;
  stream.limit = end;
}

/**
 * The chunks of a stream in order, up to the first that is missing or not sealed. While the chunks
 * are looked at one after the other, their thread goes on: it may have filled a chunk that was free
 * a moment ago, or grown one that has been looked at, and be two chunks further on by now.
 */
function dropBehindGap(stream: Stream): void {
  const { pending } = stream;
  // As a difference in 32 bits: the numbers may have gone round.
  pending.sort((a, b) => (a.sequence - b.sequence) | 0);
  let expected = stream.nextChunk;
  let whole = 0;
  for (const { sequence, sealed } of pending) {
    if (sequence !== expected) break;
    whole++;
    if (!sealed) break;
    expected = (expected + 1) | 0;
  }
  pending.length = whole;
}
