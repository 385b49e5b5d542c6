import { timers } from '../../intrinsics/clock.js';
import { atomics, toText } from '../../intrinsics/language.js';
import type { Arena } from '../arena/arena.js';
import {
  CHUNK_WORDS,
  COUNTER_DROPPED,
  HEADER_COMMIT,
  RECORDING_ON,
  REPORTED_DROPPED,
  ROLE_FINISHED,
  SLOT_FLUSH_DONE,
  SLOT_FLUSH_REQUESTED,
  SLOT_FREED,
  SLOT_STATE,
  SLOT_STREAMS,
  SLOT_WRITER_ROLE,
} from '../arena/layout.js';
import {
  HEADER_WORDS,
  KIND_DROPPED,
  KIND_THREAD,
  KIND_THREAD_END,
  LENGTH_SHIFT,
  MAX_RECORD_WORDS,
} from '../arena/records.js';
import { OWN_TASK } from '../arena/tasks.js';
import { clock } from '../clock.js';
import { reportOnce } from './report.js';
import { measureTexts, putTexts } from './text.js';

/** What a thread does when the arena has no free chunk. */
export type Overflow = 'block' | 'drop';

export interface ChunkWriterOptions {
  readonly tid: number;
  readonly threadName: string;
  /** tid of the thread that started this one; 0 where that is not known. */
  readonly parentTid: number;
  readonly overflow: Overflow;
  /** Each record is in the file before the call that made it returns. */
  readonly immediate: boolean;
}

/** A thread that waits for a free chunk gives up when none was freed for so long. */
const STALL_MS = 2000;
/**
 * A thread that waits looks around after so long, and adds up these waits for its time-out. It reads no
 * clock for that: the time in which the process was suspended would count.
 */
const WAIT_MS = 100;
const TIMED_OUT = 'timed-out';
/** A flush is no longer waited for after so long without an answer. */
const FLUSH_TIMEOUT_MS = 5000;
/**
 * So many records are kept back while the arena is full. They are ends, mostly, and nothing begins
 * then: so there are not many more.
 */
const MAX_HELD = 100_000;

/**
 * Writes the records of one thread into the arena. It owns at most one chunk, writes one record behind
 * the other into it, and commits each.
 */
export class ChunkWriter {
  readonly arena: Arena;
  /** The number of this stream, from 1; 0 until the first record. */
  stream = 0;
  /** See {@link ChunkWriterOptions}. */
  immediate: boolean;
  /**
   * Writes what there is, if this thread is the writer or has to become it; true when it did. Set only
   * in the thread that owns the recording, which would else wait for itself.
   */
  relief: (() => boolean) | undefined;

  protected readonly int32: Int32Array;
  protected readonly float64: Float64Array;
  /** Next word to write, and the end of the chunk; both 0 when this thread owns no chunk. */
  protected position = 0;
  protected limit = 0;

  #chunk = -1;
  #chunkIndex = 0;
  #commit = 0;
  #commitSlot = 0;
  /** Whether to wait for a free chunk. */
  #patient: boolean;
  /** Whether the last wait was in vain. */
  #stalled = false;
  #dropped = 0;
  #held: (() => boolean)[] = [];
  readonly #options: ChunkWriterOptions;

  constructor(arena: Arena, options: ChunkWriterOptions) {
    this.arena = arena;
    this.int32 = arena.int32;
    this.float64 = arena.float64;
    this.immediate = options.immediate;
    this.#options = options;
    this.#patient = options.overflow === 'block';
  }

  get recording(): boolean {
    return this.int32[SLOT_STATE] === RECORDING_ON;
  }

  get threadName(): string {
    return this.#options.threadName;
  }

  /** The word at which a record of so many words can be written; -1 where there is no room. */
  protected reserve(words: number): number {
    const at = this.position;
    return at + words <= this.limit ? at : this.#nextChunk(words);
  }

  /** Publishes the record of so many words at `position`. `event`: COMMIT_EVENT if it is one, or 0. */
  protected commit(words: number, event: number): void {
    this.position += words;
    this.#commit += event + words;
    // The only atomic step of a record. When the writer sees this value it reads up to here, and all
    // plain stores of the record have happened by then.
    atomics.store(this.int32, this.#commitSlot, this.#commit);
    if (this.immediate) this.flush();
  }

  /** Counts an event for which there is no room. */
  protected drop(): void {
    this.#dropped++;
    atomics.add(this.arena.counters, COUNTER_DROPPED, 1n);
    reportOnce(
      this.arena,
      REPORTED_DROPPED,
      'TRACELANE_EVENTS_DROPPED',
      'The trace buffer is full and events are being dropped: the writer does not keep up. ' +
        "Raise bufferSize, record fewer events, or use overflow: 'block'. stats().dropped counts them.",
    );
  }

  /** Writes a record that is only a header, and no event; false where there is no room. */
  protected writeBare(kind: number, operand: number, time: number): boolean {
    const at = this.reserve(HEADER_WORDS);
    if (at < 0) return false;
    this.putHeader(at, kind, HEADER_WORDS, operand, time);
    this.commit(HEADER_WORDS, 0);
    return true;
  }

  /**
   * Keeps a record, the end of a span, say, until there is room for it. `write` is called then; it
   * gives false where there still is none. Arguments are kept as they are, and read only then.
   */
  protected hold(write: () => boolean): void {
    if (this.#held.length < MAX_HELD) this.#held[this.#held.length] = write;
  }

  /** Writes a record that is a header and two texts; false where there is no room. */
  protected writeText(header: number, operand: number, first: string, second: string): boolean {
    const texts = measureTexts(first, second);
    const words = HEADER_WORDS + texts.words;
    const at = this.reserve(words);
    if (at < 0) return false;
    this.putHeader(at, header, words, operand, 0);
    putTexts(this.int32, this.arena.bytes, at + HEADER_WORDS, texts);
    this.commit(words, 0);
    return true;
  }

  protected putHeader(
    at: number,
    header: number,
    words: number,
    operand: number,
    time: number,
  ): void {
    this.int32[at << 1] = header | (words << LENGTH_SHIFT);
    this.int32[(at << 1) + 1] = operand;
    this.float64[at + 1] = time;
  }

  /** Waits until what this thread has recorded is in the file; false when no writer answers. */
  flush(): boolean {
    return this.#flush() && (!this.#catchUp() || this.#flush());
  }

  /** The same without blocking. */
  async flushAsync(): Promise<boolean> {
    return (await this.#flushAsync()) && (!this.#catchUp() || this.#flushAsync());
  }

  #flush(): boolean {
    if (this.relief?.()) return true;
    const { int32 } = this;
    const ticket = this.#requestFlush();
    for (let waited = 0; ; ) {
      const done = atomics.load(int32, SLOT_FLUSH_DONE);
      if (this.#answered(done, ticket)) return true;
      if (waited >= FLUSH_TIMEOUT_MS) return false;
      // Sleeps only if the value still is `done`: so a flush that ends in between is not missed.
      if (atomics.wait(int32, SLOT_FLUSH_DONE, done, WAIT_MS) === TIMED_OUT) waited += WAIT_MS;
      if (this.relief?.()) return true;
    }
  }

  async #flushAsync(): Promise<boolean> {
    if (this.relief?.()) return true;
    const { int32 } = this;
    const ticket = this.#requestFlush();
    // Waiting does not keep the process alive: a timer does.
    const keepAlive = timers.setInterval(() => {}, FLUSH_TIMEOUT_MS);
    try {
      for (let waited = 0; ; ) {
        const done = atomics.load(int32, SLOT_FLUSH_DONE);
        if (this.#answered(done, ticket)) return true;
        if (waited >= FLUSH_TIMEOUT_MS) return false;
        const waiting = atomics.waitAsync(int32, SLOT_FLUSH_DONE, done, WAIT_MS);
        if (waiting.async && (await waiting.value) === TIMED_OUT) waited += WAIT_MS;
        if (this.relief?.()) return true;
      }
    } finally {
      timers.clearInterval(keepAlive);
    }
  }

  #requestFlush(): number {
    const ticket = atomics.add(this.int32, SLOT_FLUSH_REQUESTED, 1) + 1;
    this.arena.wake();
    return ticket;
  }

  #answered(done: number, ticket: number): boolean {
    // The counts go round after 2^32, and their difference, in 32 bits, is still right. A writer that
    // has finished does not answer.
    return (
      ((done - ticket) | 0) >= 0 || atomics.load(this.int32, SLOT_WRITER_ROLE) === ROLE_FINISHED
    );
  }

  /** Ends this thread's stream. What is recorded later begins a new one. */
  close(): void {
    if (this.stream === 0) return;
    // The last chance to write what is kept back: so it waits for room, whatever `overflow` says, and once
    // more where it has waited in vain.
    this.#patient = true;
    this.#stalled = false;
    this.writeBare(KIND_THREAD_END, 0, clock.now());
    this.#patient = this.#options.overflow === 'block';
    this.#seal();
    // What could not be written is of this stream: in the next one it would end what that has not begun.
    this.#held = [];
    this.stream = this.#chunkIndex = 0;
    this.onNewStream();
  }

  /** Called when a new stream begins, in which nothing is defined yet. */
  protected onNewStream(): void {}

  /** Called when a chunk was claimed, before the record that asked for it. */
  protected onNewChunk(): void {}

  #nextChunk(words: number): number {
    if (words > MAX_RECORD_WORDS) return -1;
    if (this.stream === 0) this.stream = atomics.add(this.int32, SLOT_STREAMS, 1) + 1;
    // Before the next one is claimed: if all threads kept their full chunks while they wait for another,
    // no chunk would ever be freed.
    this.#seal();
    const chunk = this.#claim();
    if (chunk < 0) return -1;
    this.#chunk = chunk;
    this.#chunkIndex++;
    this.#commit = 0;
    this.#commitSlot = this.arena.header(chunk) + HEADER_COMMIT;
    this.position = this.arena.body(chunk);
    this.limit = this.position + CHUNK_WORDS;
    if (this.#chunkIndex === 1) {
      const { tid, threadName, parentTid } = this.#options;
      this.writeText(KIND_THREAD, tid, threadName, toText(parentTid));
    }
    this.#writeHeldBack();
    this.onNewChunk();
    // A new chunk has room for any record, unless thousands that were kept back have filled it.
    return this.position + words <= this.limit ? this.position : this.#nextChunk(words);
  }

  #seal(): void {
    if (this.#chunk < 0) return;
    this.arena.seal(this.#chunk, this.stream);
    this.#chunk = -1;
    this.position = this.limit = 0;
  }

  #tryClaim(): number {
    return this.arena.claim(this.stream, this.#chunkIndex + 1, OWN_TASK);
  }

  /** Claims a chunk, and waits for one if `overflow` says so; -1 where there is none. */
  #claim(): number {
    const { arena, int32 } = this;
    let seen = atomics.load(int32, SLOT_FREED);
    let chunk = this.#tryClaim();
    if (chunk < 0 && this.relief?.()) chunk = this.#tryClaim();
    if (chunk >= 0) {
      this.#stalled = false;
      // The lowest free one was taken, so those behind it are free, mostly. Where few are left, the writer
      // is woken now: its turn frees chunks of dead threads, too, and a thread that drops events does not
      // wait for that.
      if (arena.isScarce(arena.chunkCount - chunk - 1)) arena.wake();
      return chunk;
    }
    // After a wait in vain it does not wait again until it has got a chunk: each event would else take
    // as long.
    if (!this.#patient || this.#stalled) {
      // Not all chunks that are full have woken the writer.
      arena.wake();
      return -1;
    }
    let stalled = 0;
    for (;;) {
      arena.wake();
      // Sleeps only if nothing was freed since `seen` was loaded. That was before the claim that
      // failed: so a chunk that is freed in between is not missed.
      const result = atomics.wait(int32, SLOT_FREED, seen, WAIT_MS);
      const freed = atomics.load(int32, SLOT_FREED);
      chunk = this.#tryClaim();
      if (chunk < 0 && this.relief?.()) chunk = this.#tryClaim();
      if (chunk >= 0) return chunk;
      if (!this.recording) return -1;
      // A chunk was freed, and another thread took it. The writer is alive: the time-out starts anew.
      if (freed !== seen) stalled = 0;
      else if (result === TIMED_OUT) stalled += WAIT_MS;
      if (stalled >= STALL_MS) break;
      seen = freed;
    }
    this.#stalled = true;
    return -1;
  }

  /** Writes what was kept back, if there is room now; true where it did. */
  #catchUp(): boolean {
    if (this.#held.length === 0 && this.#dropped === 0) return false;
    if (this.reserve(HEADER_WORDS) < 0) return false;
    this.#writeHeldBack();
    return true;
  }

  /** Writes what was kept back, and how many events were dropped. The first thing in a new chunk. */
  #writeHeldBack(): void {
    const held = this.#held;
    if (held.length > 0) {
      this.#held = [];
      for (let i = 0; i < held.length; i++) if (!held[i]()) this.hold(held[i]);
    }
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      if (!this.writeBare(KIND_DROPPED, dropped, clock.now())) this.#dropped += dropped;
    }
  }
}
