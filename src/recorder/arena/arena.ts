import type { Buffer } from 'node:buffer';
import { atomics, bufferOf, math } from '../../intrinsics/language.js';
import {
  ARENA_MARK,
  CHUNK_BYTES,
  CHUNK_FREE,
  CHUNK_HEADER_BYTES,
  CHUNK_SEALED,
  CHUNK_STATE_BITS,
  CHUNK_WORDS,
  CHUNK_WRITING,
  CONTROL_BYTES,
  HEADER_CHUNK_INDEX,
  HEADER_COMMIT,
  HEADER_CONSUMED,
  HEADER_STATE,
  HEADER_TASK,
  SLOT_FREED,
  SLOT_MARK,
  SLOT_NAME,
  SLOT_SEALED,
  SLOT_WAKE,
  WORD_BYTES,
} from './layout.js';

/** State FREE, task 0. */
const NO_OWNER = 0n;
/** The writer is woken when so many chunks are full; sooner where they are a larger part of all. */
const MAX_SEALS_A_WAKE = 8;
/** Fewer free chunks than this part of all are few. */
const SCARCE = 1 / 4;

const ownerHalves = new Int32Array(2);
const ownerWhole = new BigInt64Array(ownerHalves.buffer);

/** A chunk's state and task as they stand in memory, in whatever order the machine has bytes. */
function ownerWord(state: number, task: number): bigint {
  ownerHalves[HEADER_STATE] = state;
  ownerHalves[HEADER_TASK] = task;
  return ownerWhole[0];
}

/**
 * The shared memory as both sides see it, and the protocol by which a chunk goes round:
 *
 *     FREE ──claim──▶ WRITING ──seal──▶ SEALED ──free──▶ FREE
 *          (any thread)      (its thread)      (the writer)
 *
 * The writer reads committed records in every state but FREE. docs/architecture.md has the races.
 */
export class Arena {
  readonly memory: SharedArrayBuffer;
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  /** A Buffer for its fast UTF-8 methods. */
  readonly bytes: Buffer;
  readonly counters: BigInt64Array;
  readonly chunkCount: number;
  /** State and task of a chunk in one: at half the index of its header. */
  readonly #owners: BigInt64Array;
  readonly #headers: number;
  readonly #bodies: number;
  readonly #sealsAWake: number;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    // With their lengths, or they would follow those of the memory, which makes each access slower.
    const words = memory.byteLength / WORD_BYTES;
    this.int32 = new Int32Array(memory, 0, words * 2);
    this.float64 = new Float64Array(memory, 0, words);
    this.bytes = bufferOf(memory, 0, memory.byteLength);
    this.counters = new BigInt64Array(memory, 0, CONTROL_BYTES / WORD_BYTES);
    this.#owners = new BigInt64Array(memory, 0, words);
    this.chunkCount = math.floor(
      (memory.byteLength - CONTROL_BYTES) / (CHUNK_BYTES + CHUNK_HEADER_BYTES),
    );
    this.#sealsAWake = math.max(1, math.min(MAX_SEALS_A_WAKE, this.chunkCount >> 3));
    this.#headers = CONTROL_BYTES / 4;
    this.#bodies = (CONTROL_BYTES + this.chunkCount * CHUNK_HEADER_BYTES) / WORD_BYTES;
  }

  /**
   * Makes an arena whose chunk bodies take up about `bufferSize` bytes, at least two chunks. `name`:
   * two random numbers of 32 bits. `version`: of the layout, up to 255.
   */
  static allocate(bufferSize: number, name: readonly [number, number], version: number): Arena {
    const chunks = math.max(2, math.floor(bufferSize / CHUNK_BYTES));
    const bytes = CONTROL_BYTES + chunks * (CHUNK_BYTES + CHUNK_HEADER_BYTES);
    // It never grows. But memory that may comes from the system itself, page by page as it is used,
    // and goes back whole. Other memory comes from malloc, which, when one arena has gone back, keeps
    // the next ones in its heap: there all of them is zeroed, used or not, and the heap seldom shrinks.
    const memory = new SharedArrayBuffer(bytes, { maxByteLength: bytes });
    const arena = new Arena(memory);
    arena.int32[SLOT_NAME] = name[0];
    arena.int32[SLOT_NAME + 1] = name[1];
    arena.int32[SLOT_MARK] = ARENA_MARK + version;
    return arena;
  }

  /** Whether a memory is an arena of that version. */
  static isOneOf(memory: SharedArrayBuffer, version: number): boolean {
    if (memory.byteLength < CONTROL_BYTES + CHUNK_HEADER_BYTES + CHUNK_BYTES) return false;
    return new Int32Array(memory)[SLOT_MARK] === ARENA_MARK + version;
  }

  /** Tells arenas apart: it is the same for every object, on every thread, that shares the memory. */
  get name(): string {
    return `${this.int32[SLOT_NAME]}/${this.int32[SLOT_NAME + 1]}`;
  }

  /** Index of a chunk's header in `int32`. */
  header(chunk: number): number {
    return this.#headers + chunk * (CHUNK_HEADER_BYTES / 4);
  }

  /** Index of a chunk's first word in `float64`. */
  body(chunk: number): number {
    return this.#bodies + chunk * CHUNK_WORDS;
  }

  /** Whether so few chunks are free that it is worth asking which threads are no more. */
  isScarce(free: number): boolean {
    return free < this.chunkCount * SCARCE;
  }

  /**
   * Takes a free chunk for a stream, or returns -1 when there is none. `task` is what the system
   * calls this thread.
   *
   * The compare-and-swap prevents two threads from taking the same chunk. It stores the stream and
   * the task in the same step, so a thread that dies right behind it has left both its names on the
   * chunk: the writer can find out that it is no more.
   */
  claim(stream: number, chunkIndex: number, task = 0): number {
    const { int32, chunkCount } = this;
    const mine = ownerWord((stream << CHUNK_STATE_BITS) | CHUNK_WRITING, task);
    // The first one that is free: so the same few go round, which are in the cache, and pages of memory
    // that are never needed are never touched.
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const header = this.header(chunk);
      // The plain read only saves failed swaps: the swap alone decides.
      if (int32[header + HEADER_STATE] !== CHUNK_FREE) continue;
      if (atomics.compareExchange(this.#owners, header >> 1, NO_OWNER, mine) !== NO_OWNER) continue;
      // Plain: nobody reads it before the first commit, whose atomic store publishes it too.
      int32[header + HEADER_CHUNK_INDEX] = chunkIndex;
      return chunk;
    }
    return -1;
  }

  /**
   * Gives a full chunk to the writer, and wakes it for every few of them: a turn of the writer costs
   * as much as some hundred events. Its thread writes no more into it.
   */
  seal(chunk: number, stream: number): void {
    const state = this.header(chunk) + HEADER_STATE;
    const owner = stream << CHUNK_STATE_BITS;
    // After the last commit in program order: a writer that sees SEALED sees that commit, so a
    // sealed chunk never grows and may be freed once all that is committed has been read.
    // A swap, because the writer may have read that the stream ends here and freed the chunk
    // already: it may be another stream's by now.
    atomics.compareExchange(this.int32, state, owner | CHUNK_WRITING, owner | CHUNK_SEALED);
    // Not for each one. Nobody waits longer for that: a thread that finds no free chunk wakes the writer, too.
    const sealed = atomics.add(this.int32, SLOT_SEALED, 1);
    if (sealed % this.#sealsAWake === 0) this.wake();
  }

  /** Wakes the writer, or keeps it from falling asleep. */
  wake(): void {
    // The count changes before the notify, and the writer sleeps only on the count that it loaded
    // before it looked for work: a wake between its look and its sleep is not missed.
    atomics.add(this.int32, SLOT_WAKE, 1);
    atomics.notify(this.int32, SLOT_WAKE);
  }

  /**
   * Writer: gives a chunk back. All that was committed in it has been read, and it was sealed, or
   * its stream has ended.
   */
  free(chunk: number): void {
    const { int32 } = this;
    const header = this.header(chunk);
    int32[header + HEADER_CONSUMED] = 0;
    // Before the state: a reader must not see the next owner's chunk with the last one's commit.
    atomics.store(int32, header + HEADER_COMMIT, 0);
    // The task with it: the next claim asks for both to be empty.
    atomics.store(this.#owners, header >> 1, NO_OWNER);
  }

  /** Writer: tells the threads that wait for a chunk that some were freed. */
  notifyFreed(): void {
    // Count first, then notify: see `wake`. All waiters, because each may need one.
    atomics.add(this.int32, SLOT_FREED, 1);
    atomics.notify(this.int32, SLOT_FREED);
  }
}
