import { unlinkSync } from 'node:fs';
import type { Arena } from '../arena/arena.js';
import {
  COUNTER_BYTES,
  COUNTER_FREED,
  COUNTER_JOINED,
  COUNTER_LOST,
  COUNTER_WRITE_ERRORS,
  COUNTER_WRITTEN,
  FAILURE_OFFSET,
  MAX_FAILURE_BYTES,
  SLOT_FAILURE_LENGTH,
} from '../arena/layout.js';
import { Assembler } from '../assemble/assemble.js';
import type { IdSource } from '../assemble/ids.js';
import { clock } from '../clock.js';
import type { TraceFormat } from '../format/format.js';
import type { FileState } from './checkpoint.js';
import { Drain } from './drain.js';
import type { Journal, Resumption } from './journal.js';
import { endedParts, type PartsPlace, readEvents } from './parts.js';
import type { Sink } from './sink.js';
import { END_OF_TIME } from './stream-cursor.js';

/** Bytes of events after which a pass writes what it has, before it goes on. */
const BATCH_BYTES = 768 * 1024;

/** Open spans that the provisional end shows: of a flush, and of a batch, which are many. */
const MAX_TAIL = 10_000;
const MAX_TAIL_OF_BATCH = 100;

/** What a writer is made of. */
export interface TraceWriterParts {
  readonly format: TraceFormat;
  readonly sink: Sink;
  readonly pid: number;
  readonly ids: IdSource;
  /** performance.now() at time 0. */
  readonly base: number;
  /** Where other processes leave what is to be joined to this trace. */
  readonly parts: PartsPlace | undefined;
  /** When so many operations are open, the begins of the older half are written for good. */
  readonly maxOpen: number;
  /** Kept for a successor, if this writer may be ended from outside. */
  readonly journal: Journal | undefined;
}

/**
 * The way from shared memory to the file, in one thread: drain, assemble, format, sink. Who calls
 * it, a thread of its own or the thread that records, makes no difference to it.
 */
export class TraceWriter {
  readonly #arena: Arena;
  readonly #format: TraceFormat;
  readonly #sink: Sink;
  readonly #drain: Drain;
  readonly #assembler: Assembler;
  readonly #parts: PartsPlace | undefined;
  #journal: Journal | undefined;
  #failed = false;

  constructor(arena: Arena, setup: TraceWriterParts) {
    const { format, sink, pid, ids, base, parts, maxOpen, journal } = setup;
    this.#arena = arena;
    this.#journal = journal;
    this.#format = format;
    this.#sink = sink;
    this.#parts = parts;
    this.#drain = new Drain(arena, pid);
    this.#assembler = new Assembler(
      arena,
      this.#drain.streams,
      format,
      ids,
      base,
      maxOpen,
      journal !== undefined,
    );
  }

  /**
   * Brings everything that was recorded before the call into the file, which is whole afterwards:
   * what is open at this moment stands in its provisional end.
   */
  flush(): void {
    if (this.#pass(clock.now()) > 0 || this.#drain.holdsRead) this.#writeBatch(MAX_TAIL);
    this.#publish();
  }

  /** The same for all there is, and for good. */
  finish(): void {
    this.#pass(END_OF_TIME);
    this.#assembler.promoteLeaf();
    this.#assembler.writeDropped(clock.now());
    this.#assembler.writeOpen(Number.POSITIVE_INFINITY);
    this.#writeBatch(0);
    if (this.#parts !== undefined) this.#join(this.#parts);
    if (!this.#failed) this.#attempt(() => this.#sink.end());
    this.#drain.closeCounts();
    this.#publish();
  }

  /** Takes what processes that have ended have recorded over into this file. */
  #join(place: PartsPlace): void {
    try {
      for (const path of endedParts(place)) {
        for (const events of readEvents(path)) {
          this.#format.adopt(events);
          if (this.#format.length >= BATCH_BYTES) this.#writeBatch(0);
          this.#publish();
        }
        this.#writeBatch(0);
        if (this.#failed) return;
        // Not before its events stand here.
        unlinkSync(path);
        Atomics.add(this.#arena.counters, COUNTER_JOINED, 1n);
      }
    } catch {
      // A part that cannot be read, or removed, stays where it is. The trace is whole without it.
      this.#writeBatch(0);
    }
  }

  /** Brings the counters that everybody can read up to date. */
  #publish(): void {
    Atomics.store(this.#arena.counters, COUNTER_BYTES, BigInt(this.#sink.size));
    this.#assembler.publish();
  }

  #pass(until: number): number {
    return this.#drain.pass(until, (stream, at, end) => {
      try {
        this.#assembler.take(stream, at, end);
      } catch {
        // Nothing in there should throw. If it does, it costs one record and not the trace.
        Atomics.add(this.#arena.counters, COUNTER_LOST, 1n);
      }
      if (this.#format.length >= BATCH_BYTES) this.#writeBatch(MAX_TAIL_OF_BATCH);
    });
  }

  /**
   * Writes the events there are, and behind them, until the next write, so many of the spans that
   * are open. This writer may be ended from outside between any two of these steps, and another
   * one then goes on from the journal: their order is what keeps events from being lost or doubled.
   *
   * 1. The leaf span becomes an open one. Without it, its begin would be in no list of what is
   *    open: not in the provisional end, and not in the journal.
   * 2. The events go into the file, with a provisional end. Without it being one write, the file
   *    would be without its end in between.
   * 3. Events are counted as written. After the write, because that may fail; before the journal,
   *    which holds the count.
   * 4. Arguments of open spans move out of the arena. Without it, the next owner of a chunk would
   *    write over them.
   * 5. The journal tells of all that. Before chunks are freed: what the journal does not know yet,
   *    a successor reads from its chunk again.
   * 6. Chunks go back to the threads. If the journal came after this, a successor would look for
   *    events in chunks that belong to others by now.
   */
  #writeBatch(openSpans: number): void {
    const format = this.#format;
    this.#assembler.promoteLeaf(); // 1
    const { events, length } = format;
    if (!this.#failed) {
      if (openSpans > 0) this.#assembler.writeOpen(openSpans);
      format.appendEnd();
      this.#attempt(() => this.#sink.write(format.bytes(), length)); // 2
    }
    const { counters } = this.#arena;
    Atomics.add(counters, this.#failed ? COUNTER_LOST : COUNTER_WRITTEN, BigInt(events)); // 3
    this.#assembler.releaseArena(); // 4
    format.reset();
    this.save(); // 5
    this.#drain.releaseRead(); // 6
  }

  /** Puts down all that a successor needs, if this writer is ended from here on. */
  save(): void {
    const journal = this.#journal;
    if (journal === undefined) return;
    const all = journal.outgrown;
    journal.note(this.#assembler.takeNotes(all), all);
    journal.commit({ ...this.#assembler.save(), file: this.#fileState() });
  }

  #fileState(): FileState {
    const { counters } = this.#arena;
    const read = this.#drain.readChunks();
    const freed = read.reduce((sum, { events }) => sum + events, 0);
    return {
      kept: this.#sink.kept,
      failed: this.#failed,
      written: Atomics.load(counters, COUNTER_WRITTEN),
      lost: Atomics.load(counters, COUNTER_LOST),
      freed: Atomics.load(counters, COUNTER_FREED) + BigInt(freed),
      read,
      nextChunks: this.#drain.nextChunks(),
    };
  }

  /** Goes on where another writer was ended: from what it saved last. */
  resume({ checkpoint, notes }: Resumption): void {
    const { streams, file } = checkpoint;
    for (const state of streams) this.#drain.stream(state.id).restore(state);
    this.#assembler.restore(checkpoint, notes);
    this.#failed = file.failed;
    const { counters } = this.#arena;
    Atomics.store(counters, COUNTER_WRITTEN, file.written);
    Atomics.store(counters, COUNTER_LOST, file.lost);
    this.#drain.resume(file.nextChunks, file.read);
    Atomics.store(counters, COUNTER_FREED, file.freed);
  }

  /** Writing that fails once has failed for good: the file keeps what it has, the program runs on. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failed = true;
      Atomics.add(this.#arena.counters, COUNTER_WRITE_ERRORS, 1n);
      this.#reportFailure(error);
      try {
        this.#format.reset();
        this.#format.appendEnd();
        this.#sink.restore(this.#format.bytes());
      } catch {
        // The file cannot even be closed. The failure has been reported.
      }
    }
  }

  #reportFailure(error: unknown): void {
    const { bytes, int32 } = this.#arena;
    const text = error instanceof Error ? error.message : String(error);
    const length = bytes.write(text, FAILURE_OFFSET, MAX_FAILURE_BYTES);
    // Last: who sees a length may read the text.
    Atomics.store(int32, SLOT_FAILURE_LENGTH, length);
  }
}
