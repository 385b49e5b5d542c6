import process from 'node:process';
import { SLOT_CHECKPOINT } from '../arena/layout.js';
import type { Checkpoint, WriterNote } from './checkpoint.js';

const { getBuiltinModule } = process;
/** Loaded when it is needed: a program's start should not wait for it. */
const serializer = () => getBuiltinModule('node:v8');

/** Address space only: memory is taken as it is needed. */
const MAX_BYTES = 256 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;
/** Notes are written anew, without those of what is gone, after so many bytes. */
const COMPACT_BYTES = 1024 * 1024;
/** So many notes are serialized at a time: of all at once, the copies would take up as much again. */
const BLOCK_NOTES = 1000;
const LENGTH_BYTES = 4;

/**
 * Memory in which a writer keeps what another one needs to go on in its place: two halves of each,
 * so that one is whole at any time.
 */
export interface JournalMemory {
  readonly checkpoints: readonly SharedArrayBuffer[];
  readonly notes: readonly SharedArrayBuffer[];
}

/** What one writer leaves to the next. */
export interface Resumption {
  readonly checkpoint: Checkpoint;
  readonly notes: readonly WriterNote[];
}

interface Entry {
  readonly checkpoint: Checkpoint;
  /** Which half the notes stand in, and how many bytes of them. */
  readonly half: number;
  readonly length: number;
}

/** Undefined where there is no memory of this kind to be had: then there is no journal. */
export function allocateJournal(): JournalMemory | undefined {
  try {
    const memory = () => new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MAX_BYTES });
    return { checkpoints: [memory(), memory()], notes: [memory(), memory()] };
  } catch {
    return undefined;
  }
}

/**
 * Sees to it that nothing is lost when the writer's thread is ended from outside. After each write
 * to the file, and before chunks are freed, the writer puts down all it knows; one store makes it
 * valid. Its successor starts from there: it writes what came later once more, to the same place.
 */
export class Journal {
  readonly #int32: Int32Array;
  readonly #memory: JournalMemory;
  #current = 0;
  #half = 0;
  #length = 0;
  #compacted = 0;

  constructor(int32: Int32Array, memory: JournalMemory) {
    this.#int32 = int32;
    this.#memory = memory;
    this.#current = Atomics.load(int32, SLOT_CHECKPOINT);
  }

  /** What the last writer has left, if it has. */
  read(): Resumption | undefined {
    if (this.#current === 0) return undefined;
    const bytes = view(this.#memory.checkpoints[this.#current - 1]);
    const [length] = new Uint32Array(bytes.slice(0, LENGTH_BYTES).buffer);
    const entry = serializer().deserialize(
      bytes.slice(LENGTH_BYTES, LENGTH_BYTES + length),
    ) as Entry;
    this.#half = entry.half;
    this.#length = entry.length;
    return { checkpoint: entry.checkpoint, notes: [...this.#notes()] };
  }

  /** Whether the notes should be given as a whole again. */
  get outgrown(): boolean {
    return this.#length > 1.5 * this.#compacted + COMPACT_BYTES;
  }

  /** Adds notes; `all`: in the place of those before. Valid from the next checkpoint on. */
  note(notes: Iterable<WriterNote>, all: boolean): void {
    if (all) {
      // Into the other half: until the next checkpoint, the ones before are valid.
      this.#half = 1 - this.#half;
      this.#length = 0;
    }
    let block: WriterNote[] = [];
    for (const note of notes) {
      block.push(note);
      if (block.length < BLOCK_NOTES) continue;
      this.#put(block);
      block = [];
    }
    if (block.length > 0) this.#put(block);
    if (all) this.#compacted = this.#length;
  }

  #put(block: readonly WriterNote[]): void {
    this.#length = put(this.#memory.notes[this.#half], this.#length, serializer().serialize(block));
  }

  /** From here on, this is where a successor starts. */
  commit(checkpoint: Checkpoint): void {
    const next = this.#current === 1 ? 2 : 1;
    const entry: Entry = { checkpoint, half: this.#half, length: this.#length };
    put(this.#memory.checkpoints[next - 1], 0, serializer().serialize(entry));
    // The only step that a successor sees: before it the last checkpoint stands, behind it this.
    Atomics.store(this.#int32, SLOT_CHECKPOINT, next);
    this.#current = next;
  }

  *#notes(): Generator<WriterNote> {
    const bytes = view(this.#memory.notes[this.#half]).slice(0, this.#length);
    for (let at = 0; at < this.#length; ) {
      const [length] = new Uint32Array(bytes.slice(at, at + LENGTH_BYTES).buffer);
      at += LENGTH_BYTES;
      yield* serializer().deserialize(bytes.subarray(at, at + length)) as WriterNote[];
      at += length;
    }
  }
}

/** Puts a block and its length at a place; gives the place behind it. */
function put(memory: SharedArrayBuffer, at: number, block: Uint8Array): number {
  const end = at + LENGTH_BYTES + block.length;
  if (end > memory.byteLength) memory.grow(Math.max(end, Math.min(2 * end, MAX_BYTES)));
  const bytes = view(memory);
  bytes.set(new Uint8Array(Uint32Array.of(block.length).buffer), at);
  bytes.set(block, at + LENGTH_BYTES);
  return end;
}

function view(memory: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(memory, 0, memory.byteLength);
}
