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
  NOTICE_FILE_CUT,
  NOTICE_OUTPUT_STALLED,
  SLOT_FAILURE_LENGTH,
  SLOT_NOTICES,
} from '../arena/layout.js';
import { Assembler } from '../assemble/assemble.js';
import type { IdSource } from '../assemble/ids.js';
import type { Note } from '../assemble/state.js';
import type { OpenSpan } from '../assemble/stream.js';
import { clock } from '../clock.js';
import type { TraceFormat } from '../format/format.js';
import type { FileState } from './checkpoint.js';
import { Drain, type TakeRecord } from './drain.js';
import type { Journal, Resumption } from './journal.js';
import { endedParts, type PartsPlace, readEvents } from './parts.js';
import { ProvisionalEnd } from './provisional-end.js';
import { ProvisionalEvents } from './provisional-events.js';
import { ShownSpans } from './shown-spans.js';
import type { Sink } from './sink.js';
import { END_OF_TIME } from './stream-cursor.js';

/** Bytes of events after which a pass writes what it has, before it goes on. */
const BATCH_BYTES = 768 * 1024;

/** What a writer is made of. */
export interface TraceWriterParts {
  readonly format: TraceFormat;
  readonly sink: Sink;
  /** What the output begins with: written already, and once more if somebody empties the file. */
  readonly header: Uint8Array;
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
  readonly #header: Uint8Array;
  readonly #drain: Drain;
  readonly #assembler: Assembler;
  readonly #parts: PartsPlace | undefined;
  #journal: Journal | undefined;
  readonly #shown: ShownSpans;
  #failed = false;
  /** Whether all that is open was written for good. */
  #finished = false;
  /** The part that is being taken over, or was last. */
  #joined: string | undefined;
  #isJoining = false;
  /** Whether what the journal was told before holds no more. */
  #beganAgain = false;

  constructor(arena: Arena, setup: TraceWriterParts) {
    const { format, sink, header, pid, ids, base, parts, maxOpen, journal } = setup;
    this.#arena = arena;
    this.#journal = journal;
    this.#format = format;
    this.#sink = sink;
    this.#header = header;
    this.#parts = parts;
    this.#shown = shownIn(sink);
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
   * Brings everything that was recorded before the call into the file, which is whole afterwards
   * and shows what is open at this moment.
   */
  flush(): void {
    this.#beginAgainIfCut();
    if (this.#pass(clock.now()) > 0 || this.#drain.holdsRead) this.#writeBatch(true);
    this.#publish();
  }

  /** The same for all there is, and for good. */
  finish(): void {
    this.#beginAgainIfCut();
    // A writer that was ended from outside may have come this far.
    if (!this.#finished) this.#finishEvents();
    if (this.#parts !== undefined) this.#join(this.#parts);
    // Events that a pipe has taken in part: they were counted as written when the rest was kept to be sent.
    const unfinished = BigInt(this.#failed ? 0 : this.#sink.end());
    Atomics.sub(this.#arena.counters, COUNTER_WRITTEN, unfinished);
    Atomics.add(this.#arena.counters, COUNTER_LOST, unfinished);
    this.#drain.closeCounts();
    this.#publish();
  }

  #finishEvents(): void {
    this.#pass(END_OF_TIME);
    this.#assembler.promoteLeaf();
    this.#assembler.writeDropped(clock.now());
    // As events that stay. From here on, nothing is drawn as open.
    this.#assembler.writeOpen();
    this.#finished = true;
    this.#writeBatch(true);
  }

  /**
   * If somebody else has emptied or cut the file (`> trace.json`, a tool that rotates logs), begins
   * a new trace in it. What was there is gone, as that one wished; what is said only once, and what
   * is open, is written once more.
   */
  #beginAgainIfCut(): void {
    if (!this.#failed && this.#sink.wasCut()) this.#beginAgain();
  }

  #beginAgain(): void {
    Atomics.or(this.#arena.int32, SLOT_NOTICES, NOTICE_FILE_CUT);
    this.#shown.forget();
    this.#format.forget();
    this.#beganAgain = true;
    const { failure } = this.#sink.restart(this.#header);
    if (failure !== undefined) this.#fail(failure);
    this.#assembler.beginAgain();
    if (this.#finished) this.#assembler.writeOpen();
    this.#writeBatch(true);
  }

  /** Takes what processes that have ended have recorded over into this file. */
  #join(place: PartsPlace): void {
    for (const path of this.#endedParts(place)) {
      try {
        // Not again, where the writer before this one was ended before it could remove it.
        if (path !== this.#joined) this.#takeOver(path);
        if (this.#failed) return;
        // Not before its events stand here.
        unlinkSync(path);
        Atomics.add(this.#arena.counters, COUNTER_JOINED, 1n);
      } catch {
        // A part that cannot be read, or removed, stays where it is. The trace is whole without it.
      }
    }
  }

  /** The journal is told of a part once all of it is here: a successor writes over what it has a half of. */
  #takeOver(path: string): void {
    this.#isJoining = true;
    try {
      for (const run of readEvents(path, this.#format.framing)) {
        this.#format.adopt(run);
        if (this.#format.length >= BATCH_BYTES) this.#writeBatch(false);
        this.#publish();
      }
    } finally {
      this.#isJoining = false;
      this.#joined = path;
      this.#writeBatch(false);
    }
  }

  #endedParts(place: PartsPlace): readonly string[] {
    try {
      return endedParts(place, this.#format.framing);
    } catch {
      // A folder that cannot be read: the trace is whole without the parts in it.
      return [];
    }
  }

  /** Brings the counters that everybody can read up to date. */
  #publish(): void {
    Atomics.store(this.#arena.counters, COUNTER_BYTES, BigInt(this.#sink.size));
    this.#assembler.publish();
  }

  #pass(until: number): number {
    const take: TakeRecord = (stream, at, end) => {
      try {
        this.#assembler.take(stream, at, end);
      } catch {
        // Nothing in there should throw. If it does, it costs one record and not the trace.
        Atomics.add(this.#arena.counters, COUNTER_LOST, 1n);
      }
      if (this.#format.length >= BATCH_BYTES) this.#writeBatch(false);
    };
    return this.#drain.pass(until, take, (stream) => this.#assembler.endStream(stream));
  }

  /**
   * Writes the events there are, and (if `draw`, or there are few) what the file does not show yet
   * of the spans that are open. This writer may be ended from outside between any two of these steps, and
   * another one then goes on from the journal; the process may be killed in the middle of one. Their
   * order is what keeps events from being lost or doubled.
   *
   * 1. The leaf span becomes an open one. Without it, its begin would be in no list of what is
   *    open: neither shown in the file, nor in the journal.
   * 2. Events go behind all that the file holds. If they were written over what it shows of open
   *    spans, a kill in the middle would take spans away of which nothing else is there yet.
   * 3. Events are counted as written. After the write, because that may fail; before the journal,
   *    which holds the count.
   * 4. Arguments of open spans move out of the arena. Without it, the next owner of a chunk would
   *    write over them.
   * 5. The journal tells of all that. Before chunks are freed: what the journal does not know yet,
   *    a successor reads from its chunk again.
   * 6. Chunks go back to the threads. If the journal came after this, a successor would look for
   *    events in chunks that belong to others by now.
   * 7. What the file shows of spans that have ended, or look different by now, is erased. After the
   *    journal: before it, a successor would begin with writing over the events that stand for it.
   *
   * If the file turns out to be cut at step 2, these events are gone with those that were in it: they were
   * recorded before this flush began, and it was whole then.
   */
  #writeBatch(draw: boolean): void {
    const format = this.#format;
    this.#assembler.promoteLeaf(); // 1
    const { events, length } = format;
    if (this.#sink.provisional !== 'none') {
      this.#shown.outdate(this.#assembler.changedSpans);
      if (draw || !this.#shown.canWait) this.#drawOpen(length);
    }
    const { written, wasCut } = this.#failed
      ? { written: 0, wasCut: false }
      : this.#append(length, events); // 2
    const { counters } = this.#arena;
    Atomics.add(counters, COUNTER_WRITTEN, BigInt(written)); // 3
    Atomics.add(counters, COUNTER_LOST, BigInt(events - written));
    this.#assembler.releaseArena(); // 4
    format.reset();
    if (!this.#isJoining) this.save(); // 5
    this.#drain.releaseRead(); // 6
    if (wasCut) this.#beginAgain();
    else this.#eraseStale(); // 7
  }

  /** Says how many of the events in the first `length` bytes stand in the output now. */
  #append(length: number, events: number): { written: number; wasCut: boolean } {
    const { framing } = this.#format;
    const bytes = this.#format.bytes();
    const { taken, failure, wasCut = false } = this.#sink.append(bytes, this.#shown.end);
    if (wasCut) return { written: events, wasCut };
    const whole = bytes.subarray(0, Math.min(taken, length));
    if (taken < bytes.length) {
      this.#shown.keepAllBut(framing.replacedBy(whole));
      this.#format.forget();
    }
    if (this.#sink.stalled) {
      Atomics.or(this.#arena.int32, SLOT_NOTICES, NOTICE_OUTPUT_STALLED);
    }
    if (failure !== undefined) this.#fail(failure);
    return { written: taken < length ? framing.count(whole) : events, wasCut };
  }

  /** Puts behind the events what the file does not show yet of all that is open. */
  #drawOpen(length: number): void {
    const format = this.#format;
    if (this.#failed) return;
    if (this.#finished) {
      this.#shown.withdraw();
      return;
    }
    const draw = (span: OpenSpan) => format.provisional(() => this.#assembler.draw(span));
    format.put(this.#shown.update(draw, this.#sink.kept + length), 0);
  }

  #eraseStale(): void {
    const stale = this.#shown.takeStale();
    if (stale.length === 0) return;
    try {
      this.#sink.erase(stale);
    } catch (error) {
      if (!this.#failed) this.#fail(error);
    }
  }

  /** Puts down all that a successor needs, if this writer is ended from here on. */
  save(): void {
    const journal = this.#journal;
    const all = this.#beganAgain || journal?.outgrown === true;
    this.#beganAgain = false;
    const notes = this.#assembler.takeNotes(all);
    const provisional = this.#shown.takeNote(all);
    if (journal === undefined) return;
    journal.note(notes, all);
    if (provisional !== undefined) journal.note([provisional], false);
    journal.commit({ ...this.#assembler.save(), file: this.#fileState() });
  }

  #fileState(): FileState {
    const { counters } = this.#arena;
    const read = this.#drain.readChunks();
    const freed = read.reduce((sum, { events }) => sum + events, 0);
    return {
      sink: this.#sink.save(),
      failed: this.#failed,
      finished: this.#finished,
      joined: this.#joined,
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
    const ofAssembler: Note[] = [];
    for (const note of notes) {
      if ('kind' in note && note.kind === 'provisional') this.#shown.restore(note);
      else ofAssembler.push(note);
    }
    this.#assembler.restore(checkpoint, ofAssembler);
    this.#failed = file.failed;
    this.#finished = file.finished;
    this.#joined = file.joined;
    const { counters } = this.#arena;
    Atomics.store(counters, COUNTER_WRITTEN, file.written);
    Atomics.store(counters, COUNTER_LOST, file.lost);
    this.#drain.resume(file.nextChunks, file.read);
    Atomics.store(counters, COUNTER_FREED, file.freed);
  }

  /** Writing that fails once has failed for good: the file keeps what it has, the program runs on. */
  #fail(error: unknown): void {
    this.#failed = true;
    Atomics.add(this.#arena.counters, COUNTER_WRITE_ERRORS, 1n);
    this.#reportFailure(error);
  }

  #reportFailure(error: unknown): void {
    const { bytes, int32 } = this.#arena;
    const text = error instanceof Error ? error.message : String(error);
    const length = bytes.write(text, FAILURE_OFFSET, MAX_FAILURE_BYTES);
    // Last: who sees a length may read the text.
    Atomics.store(int32, SLOT_FAILURE_LENGTH, length);
  }
}

/** What is open is shown in the way that the output allows. */
function shownIn({ provisional }: Sink): ShownSpans {
  if (provisional === 'erasable') return new ProvisionalEvents();
  return provisional === 'none' ? new ShownSpans() : new ProvisionalEnd();
}
