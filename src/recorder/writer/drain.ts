import type { Arena } from '../arena/arena.js';
import {
  CHUNK_FREE,
  CHUNK_SEALED,
  CHUNK_STATE_BITS,
  CHUNK_STATE_MASK,
  CHUNK_WRITING,
  COMMIT_EVENT_SHIFT,
  COMMIT_WORDS_MASK,
  COUNTER_FREED,
  HEADER_CHUNK_INDEX,
  HEADER_COMMIT,
  HEADER_CONSUMED,
  HEADER_STATE,
  HEADER_TASK,
  SLOT_RELEASING,
} from '../arena/layout.js';
import { taskIsGone } from '../arena/tasks.js';
import { Stream } from '../assemble/stream.js';
import type { ReadChunk } from './checkpoint.js';
import { StreamCursor } from './stream-cursor.js';

/** How often to ask the system which threads are no more; always, where free chunks are scarce. */
const LOOK_INTERVAL_MS = 1000;

/** Takes one record of a stream, in words `at` to `end` of the arena. */
export type TakeRecord = (stream: Stream, at: number, end: number) => void;

/**
 * Reads what the threads have committed and hands it on record by record, in the order of time
 * over all threads: so whatever decides about the records sees causes before effects.
 */
export class Drain {
  readonly streams = new Map<number, Stream>();
  readonly #cursors = new Map<number, StreamCursor>();
  readonly #arena: Arena;
  readonly #pid: number;
  /** Streams whose threads are known to be no more, though nobody has said so. */
  #gone: ReadonlySet<number> = new Set();
  #lookedAt = 0;
  #freeChunks = 0;
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
   * `take` may call {@link releaseRead} at any time. `end` is called for each stream whose thread
   * has died without a record that says so. Says how many records it took.
   */
  pass(until: number, take: TakeRecord, end: (stream: Stream) => void): number {
    // Found by the pass before: what such a thread has committed was there before this scan, and
    // is earlier than `until`. So nothing of it is left behind this pass.
    const gone = this.#gone;
    const active = this.#scan();
    let taken = 0;
    while (active.length > 0) {
      // The earliest stream goes on until another one is earlier. Few threads are active at a
      // time, so that a search through them beats keeping a heap.
      let earliest = active[0];
      let bound = until;
      for (let i = 1; i < active.length; i++) {
        const cursor = active[i];
        if (cursor.headTime < earliest.headTime) {
          if (earliest.headTime < bound) bound = earliest.headTime;
          earliest = cursor;
        } else if (cursor.headTime < bound) bound = cursor.headTime;
      }
      if (earliest.headTime > until) break;
      const { stream } = earliest;
      do {
        const at = earliest.position;
        // Moves the cursor before the record is handed on: a release in there counts it as read.
        take(stream, at, earliest.take());
        earliest.next();
        taken++;
      } while (earliest.headTime <= bound);
      if (earliest.headTime === Number.POSITIVE_INFINITY)
        active.splice(active.indexOf(earliest), 1);
    }
    for (const id of gone) {
      const stream = this.streams.get(id);
      if (stream !== undefined && !stream.ended) end(stream);
    }
    this.#gone = this.#lookForGone(until);
    // What these held is given back by the next pass: at once.
    if (gone.size + this.#gone.size > 0) this.#arena.wake();
    return taken;
  }

  /**
   * Asks the system which threads are no more. The thread that started another one tells of its
   * end, but it may not record itself, or have been ended with it.
   */
  #lookForGone(now: number): ReadonlySet<number> {
    const gone = new Set<number>();
    const isScarce = this.#arena.isScarce(this.#freeChunks);
    if (!isScarce && now - this.#lookedAt < LOOK_INTERVAL_MS) return gone;
    this.#lookedAt = now;
    // Numbers go round: for the system to have given one to a new thread already, tens of thousands
    // must have started since the last look.
    for (const [stream, task] of this.#tasks()) if (taskIsGone(task)) gone.add(stream);
    return gone;
  }

  /** By their streams, the threads that may live, where it is known what the system calls them. */
  #tasks(): Map<number, number> {
    const { int32, chunkCount } = this.#arena;
    const tasks = new Map<number, number>();
    for (const [id, { stream, task }] of this.#cursors) {
      if (!stream.ended && task !== 0) tasks.set(id, task);
    }
    // Those that have committed nothing yet.
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const header = this.#arena.header(chunk);
      // The state first: a claim stores both in one step, so a task that is read after WRITING is its owner's.
      const state = Atomics.load(int32, header + HEADER_STATE);
      const task = int32[header + HEADER_TASK];
      const id = state >>> CHUNK_STATE_BITS;
      if (state !== CHUNK_FREE && task !== 0 && !this.#cursors.has(id)) tasks.set(id, task);
    }
    return tasks;
  }

  /** What was read so far is done with: chunks that hold nothing else go back to the threads. */
  releaseRead(): void {
    const { int32 } = this.#arena;
    let freed = false;
    // Odd while events move from the chunks' counts to the total: see `countRecorded`.
    Atomics.add(int32, SLOT_RELEASING, 1);
    for (const cursor of this.#cursors.values()) {
      const { pending, current } = cursor;
      for (let i = 0; i < current; i++) {
        const { chunk, chunkIndex, end, events, sealed } = pending[i];
        if (sealed) {
          freed = true;
          cursor.nextChunk = (chunkIndex + 1) | 0;
          this.#free(chunk);
        } else {
          int32[this.#arena.header(chunk) + HEADER_CONSUMED] = end - this.#arena.body(chunk);
          this.#eventsRead[chunk] = events;
        }
      }
      if (current < pending.length) {
        const { chunk } = pending[current];
        const consumed = cursor.position - this.#arena.body(chunk);
        int32[this.#arena.header(chunk) + HEADER_CONSUMED] = consumed;
      }
      cursor.dropRead();
    }
    Atomics.add(int32, SLOT_RELEASING, 1);
    if (freed) this.#arena.notifyFreed();
  }

  /**
   * The end: from here on, what was read counts as recorded, and nothing else. A thread that was at
   * work when recording stopped may commit one more record, which nobody will read.
   */
  closeCounts(): void {
    // Odd for good: whoever counts meanwhile waits until the writer says that it has finished.
    Atomics.add(this.#arena.int32, SLOT_RELEASING, 1);
    const events = this.#eventsRead.reduce((sum, read) => sum + read, 0);
    Atomics.add(this.#arena.counters, COUNTER_FREED, BigInt(events));
    this.#eventsRead.fill(0);
  }

  /** Whether there is a chunk to give back, though the last pass has read nothing in it. */
  get holdsRead(): boolean {
    return Array.from(this.#cursors.values()).some(({ pending, current }) =>
      pending.some(({ sealed }, i) => sealed && i < current),
    );
  }

  /** What the next `releaseRead()` does. */
  readChunks(): ReadChunk[] {
    const { int32 } = this.#arena;
    const all: ReadChunk[] = [];
    for (const [stream, { pending, current, position }] of this.#cursors) {
      for (const [i, { chunk, chunkIndex, end, sealed }] of pending.entries()) {
        if (i > current) break;
        const consumed = (i < current ? end : position) - this.#arena.body(chunk);
        const free = i < current && sealed;
        const header = this.#arena.header(chunk);
        const events = free ? int32[header + HEADER_COMMIT] >>> COMMIT_EVENT_SHIFT : 0;
        all.push({ chunk, stream, chunkIndex, consumed, free, events });
      }
    }
    return all;
  }

  /** Place in its stream of each stream's next chunk, for {@link resume}. */
  nextChunks(): Map<number, number> {
    return new Map(Array.from(this.#cursors, ([stream, { nextChunk }]) => [stream, nextChunk]));
  }

  /** Goes on where another writer was ended, which had read so far. */
  resume(nextChunks: ReadonlyMap<number, number>, read: readonly ReadChunk[]): void {
    for (const [stream, nextChunk] of nextChunks) this.#cursor(stream).nextChunk = nextChunk;
    for (const { stream, chunkIndex, free } of read) {
      if (free) this.#cursor(stream).nextChunk = (chunkIndex + 1) | 0;
    }
    this.#releaseAgain(read);
  }

  /** Does again what another writer's `releaseRead()` may have done in part before it was ended. */
  #releaseAgain(read: readonly ReadChunk[]): void {
    const { int32 } = this.#arena;
    for (const { chunk, stream, chunkIndex, consumed, free } of read) {
      const header = this.#arena.header(chunk);
      const state = Atomics.load(int32, header + HEADER_STATE);
      // Freed already; another may own it by now.
      if (state === CHUNK_FREE || state >>> CHUNK_STATE_BITS !== stream) continue;
      // The same thread may, too: freed, claimed again, and nothing committed yet, so that the chunk's place
      // in the stream is still the old one. The commit is loaded before that place, which it publishes.
      const commit = Atomics.load(int32, header + HEADER_COMMIT);
      if (commit === 0 && (state & CHUNK_STATE_MASK) === CHUNK_WRITING) continue;
      if (int32[header + HEADER_CHUNK_INDEX] !== chunkIndex) continue;
      if (free) this.#arena.free(chunk);
      else int32[header + HEADER_CONSUMED] = consumed;
    }
    if ((Atomics.load(int32, SLOT_RELEASING) & 1) !== 0) Atomics.add(int32, SLOT_RELEASING, 1);
    this.#arena.notifyFreed();
  }

  #free(chunk: number): void {
    const { int32, counters } = this.#arena;
    const commit = int32[this.#arena.header(chunk) + HEADER_COMMIT];
    Atomics.add(counters, COUNTER_FREED, BigInt(commit >>> COMMIT_EVENT_SHIFT));
    this.#eventsRead[chunk] = 0;
    this.#arena.free(chunk);
  }

  /** Finds what there is to read; the streams that have something, each at its first record. */
  #scan(): StreamCursor[] {
    const { int32, chunkCount } = this.#arena;
    const live = new Set<StreamCursor>();
    const active: StreamCursor[] = [];
    for (const cursor of this.#cursors.values()) cursor.reset();
    this.#freeChunks = 0;
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const header = this.#arena.header(chunk);
      // The state before the commit: if it says SEALED, the commit that follows is the last one.
      const state = Atomics.load(int32, header + HEADER_STATE);
      if (state === CHUNK_FREE) {
        this.#freeChunks++;
        continue;
      }
      const commit = Atomics.load(int32, header + HEADER_COMMIT);
      // Nothing committed: the rest of the header is not valid yet.
      if (commit === 0) {
        this.#freeAbandoned(chunk, state);
        continue;
      }
      const cursor = this.#cursor(state >>> CHUNK_STATE_BITS);
      live.add(cursor);
      cursor.task = int32[header + HEADER_TASK];
      const body = this.#arena.body(chunk);
      const start = body + int32[header + HEADER_CONSUMED];
      const end = body + (commit & COMMIT_WORDS_MASK);
      const sealed = (state & CHUNK_STATE_MASK) === CHUNK_SEALED || cursor.stream.ended;
      const events = commit >>> COMMIT_EVENT_SHIFT;
      if (start >= end && !sealed) {
        this.#eventsRead[chunk] = events;
        continue;
      }
      if (cursor.pending.length === 0) active.push(cursor);
      const chunkIndex = int32[header + HEADER_CHUNK_INDEX];
      cursor.pending.push({ chunk, chunkIndex, start, end, events, sealed });
    }
    this.#forgetEnded(live);
    return active.filter((cursor) => cursor.start());
  }

  #forgetEnded(live: ReadonlySet<StreamCursor>): void {
    for (const [id, cursor] of this.#cursors) {
      if (!cursor.stream.forgettable || live.has(cursor)) continue;
      this.#cursors.delete(id);
      this.streams.delete(id);
    }
  }

  /** A thread that died before its first commit into a chunk has left it empty. */
  #freeAbandoned(chunk: number, state: number): void {
    const id = state >>> CHUNK_STATE_BITS;
    if (this.streams.get(id)?.ended !== true && !this.#gone.has(id)) return;
    this.#arena.free(chunk);
    this.#arena.notifyFreed();
  }

  /** The stream of that number, known or new. */
  stream(id: number): Stream {
    return this.#cursor(id).stream;
  }

  #cursor(id: number): StreamCursor {
    let cursor = this.#cursors.get(id);
    if (cursor === undefined) {
      const stream = new Stream(id, this.#pid);
      cursor = new StreamCursor(this.#arena, stream);
      this.streams.set(id, stream);
      this.#cursors.set(id, cursor);
    }
    return cursor;
  }
}
