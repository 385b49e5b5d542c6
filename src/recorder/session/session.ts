import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { writerThread } from '../../locations.js';
import { Arena } from '../arena/arena.js';
import {
  COUNTER_BYTES,
  COUNTER_UNMATCHED,
  COUNTER_WRITTEN,
  FAILURE_OFFSET,
  RECORDING_ON,
  RECORDING_STOPPED,
  REPORTED_UNMATCHED,
  REPORTED_WRITE_ERROR,
  ROLE_FINISHED,
  ROLE_INLINE,
  ROLE_THREAD,
  ROLE_VACANT,
  SLOT_FAILURE_LENGTH,
  SLOT_FLUSH_DONE,
  SLOT_STATE,
  SLOT_WAKE,
  SLOT_WRITER_ROLE,
} from '../arena/layout.js';
import { IdSource } from '../assemble/ids.js';
import type { ResolvedOptions } from '../options.js';
import type { Recorder } from '../record/recorder.js';
import { emitWarning, reportOnce, type Warn } from '../record/report.js';
import type { TracerHandle, TraceStats } from '../types.js';
import { allocateJournal } from '../writer/journal.js';
import { claimRole, createWriter, turn, type WriterData, writerIsGone } from '../writer/run.js';
import type { TraceWriter } from '../writer/trace-writer.js';
import { placeOfParts, publish, type RootTrace, randomHex, unpublish } from './child-processes.js';
import { unwatchExit, warnAtExit, watchExit } from './exit.js';
import { openOutputFile, remedyFor } from './output-file.js';
import { readStats } from './stats.js';
import { forgetRecorder, recorderFor, tid, unwatched } from './thread-recorders.js';
import { readTimeZero } from './time-zero.js';

/** A writer thread that has not come up after so long is not waited for any more. */
const START_TIMEOUT_MS = 1000;
/** How long stopSync() and the exit of the process wait for a writer that writes nothing. */
const STOP_TIMEOUT_MS = 10_000;
const YOUNG_GENERATION_MB = 16;
/** Between two looks at it. */
const WAIT_MS = 100;
/** Milliseconds between two looks of an inline writer where the option says 0. */
const DEFAULT_INTERVAL_MS = 100;

/** A version of the handle and of all that stands in the arena. */
export const HANDLE_VERSION = 1;

/**
 * One recording, from `start()` to `stop()`, as the thread that started it sees it: this thread
 * owns the file and the writer, and writes the trace itself where there is no writer thread.
 */
export class Session {
  readonly recorder: Recorder;
  readonly handle: TracerHandle;
  readonly #arena: Arena;
  readonly #options: ResolvedOptions;
  /** The trace of another process that this is a part of. */
  readonly #parent: RootTrace | undefined;
  /** What child processes may add parts to. */
  #family: RootTrace | undefined;
  #data: WriterData | undefined;
  #thread: Worker | undefined;
  #threadError: unknown;
  #inline: TraceWriter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;

  constructor(options: ResolvedOptions, parent: RootTrace | undefined) {
    this.#options = options;
    this.#parent = parent;
    this.#arena = Arena.allocate(options.bufferSize);
    this.handle = {
      tracelane: HANDLE_VERSION,
      memory: this.#arena.memory,
      outputFile: options.path,
      categories: options.categories,
      overflow: options.overflow,
      immediate: options.flushInterval === 0,
      from: tid,
    };
    this.recorder = recorderFor(this.handle);
  }

  /** Opens the file and starts the writer. Throws a TraceError, having changed nothing. */
  start(): void {
    const parent = this.#parent;
    const zero = parent?.zero ?? readTimeZero();
    const { path, clock, flushInterval, writer, childProcesses } = this.#options;
    const file = openOutputFile(this.#options, zero, parent !== undefined);
    const mayHaveParts = childProcesses && parent === undefined;
    this.#family = mayHaveParts ? { run: randomHex(), zero, options: this.#options } : undefined;
    Atomics.store(this.#arena.counters, COUNTER_WRITTEN, BigInt(file.events));
    Atomics.store(this.#arena.counters, COUNTER_BYTES, BigInt(file.size));
    this.#data = {
      memory: this.#arena.memory,
      fd: file.fd,
      kept: file.kept,
      pid: process.pid,
      base: zero.base,
      offset: clock === 'epoch' ? zero.wallMicroseconds : 0,
      interval: flushInterval === 0 ? DEFAULT_INTERVAL_MS : flushInterval,
      firstId: parent === undefined ? 0 : IdSource.randomStart(),
      parts: this.#family && placeOfParts(this.#family),
      journal: writer === 'thread' ? allocateJournal() : undefined,
    };
    this.#startedAt = performance.now();
    this.recorder.relief = () => this.#relieve();
    Atomics.store(this.#arena.int32, SLOT_STATE, RECORDING_ON);
    watchExit(this);
    if (writer === 'inline' || !this.#startThread(path)) this.#takeOver();
  }

  /** Child processes that start from now on record into parts of this trace. */
  publish(): void {
    if (this.#family !== undefined) publish(this.#family);
  }

  unpublish(): void {
    if (this.#family !== undefined) unpublish(this.#family);
  }

  stats(): TraceStats {
    return readStats(this.#arena);
  }

  async stop(): Promise<TraceStats> {
    this.#end();
    const thread = this.#thread;
    if (!this.#finishInline() && thread !== undefined) {
      // Its end keeps the process alive from here on.
      thread.ref();
      if (!this.#finished)
        await new Promise<void>((resolve) => thread.once('exit', () => resolve()));
      // The thread was ended before it was done, and this one has taken over.
      this.#writeInline();
    }
    return this.#close();
  }

  stopSync(): TraceStats {
    this.#end();
    if (!this.#finishInline()) this.#awaitFinish();
    return this.#close();
  }

  get handlesSignals(): boolean {
    return this.#options.handleSignals;
  }

  flush(): void {
    this.recorder.flush();
  }

  /** The process is about to end: everything is brought to disk now, and from now on at once. */
  exit(): void {
    // A writer thread that is not up yet would come too late.
    this.#takeOver();
    this.recorder.flush();
    this.recorder.immediate = true;
    this.#reportProblems(warnAtExit);
  }

  #startThread(path: string): boolean {
    try {
      const thread = unwatched(
        () =>
          new Worker(writerThread(), {
            name: 'tracelane-writer',
            workerData: this.#data,
            // Most of what it makes is gone at once. By default, Node lets 48 MiB and more of it
            // pile up first, which the program would see as its own.
            resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
            // Nothing of the program's: no preloaded modules, no environment.
            execArgv: [],
            env: {},
            stdin: false,
            trackUnmanagedFds: false,
          }),
      );
      thread.on('message', () => this.#reportProblems());
      thread.on('error', (error) => {
        this.#threadError = error;
      });
      thread.on('exit', () => this.#threadEnded());
      // It must not keep a program alive that is done. After the listeners, which undo this.
      thread.unref();
      this.#thread = thread;
      return true;
    } catch (error) {
      warnInline(path, error);
      return false;
    }
  }

  /** The writer's thread is no more: if its work is not done, this thread goes on with it. */
  #threadEnded(): void {
    const takenOver = this.#takeOver() || this.#takeOver(ROLE_THREAD);
    if (!takenOver && this.#threadError === undefined) return;
    warnInline(this.#options.path, this.#threadError ?? new Error('it was ended from outside'));
  }

  /** Makes this thread the writer, if the role is `from`. */
  #takeOver(from = ROLE_VACANT): boolean {
    const data = this.#data as WriterData;
    if (!claimRole(data, ROLE_INLINE, from)) return false;
    this.#inline = createWriter(data, false);
    this.#timer = setInterval(() => this.#writeInline(), data.interval).unref();
    void this.#writeOnWake();
    return true;
  }

  /** Other threads ask an inline writer by the arena, as they would ask a writer thread. */
  async #writeOnWake(): Promise<void> {
    const { int32 } = this.#arena;
    while (this.#inline !== undefined) {
      const seen = Atomics.load(int32, SLOT_WAKE);
      this.#writeInline();
      const waiting = Atomics.waitAsync(int32, SLOT_WAKE, seen);
      if (waiting.async) await waiting.value;
    }
  }

  #writeInline(): void {
    if (this.#inline === undefined) return;
    if (!turn(this.#arena, this.#inline)) this.#inline = undefined;
    this.#reportProblems();
  }

  /** This thread waits for the writer: true where it is the writer itself and has now written. */
  #relieve(): boolean {
    if (this.#inline === undefined) {
      // The thread's end may be known before this thread comes to its event loop, which tells it.
      if (writerIsGone(this.#data as WriterData)) this.#threadEnded();
      else if (performance.now() - this.#startedAt > START_TIMEOUT_MS) this.#takeOver();
      if (this.#inline === undefined) return false;
    }
    this.#writeInline();
    return true;
  }

  get #finished(): boolean {
    return Atomics.load(this.#arena.int32, SLOT_WRITER_ROLE) === ROLE_FINISHED;
  }

  /** No thread records from here on; the writer is told to finish. */
  #end(): void {
    this.unpublish();
    this.recorder.close();
    Atomics.store(this.#arena.int32, SLOT_STATE, RECORDING_STOPPED);
    this.#arena.wake();
  }

  /** Writes the rest here, where this thread is the writer or no other has begun to be. */
  #finishInline(): boolean {
    if (this.#inline === undefined && !this.#takeOver()) return false;
    this.#writeInline();
    return true;
  }

  #awaitFinish(): void {
    const { int32, counters } = this.#arena;
    let bytes = -1n;
    for (let waited = 0; !this.#finished && waited < STOP_TIMEOUT_MS; ) {
      const now = Atomics.load(counters, COUNTER_BYTES);
      if (now !== bytes) waited = 0;
      bytes = now;
      const done = Atomics.load(int32, SLOT_FLUSH_DONE);
      // The writer finishes first and changes the count then, so a finish that this look missed
      // is seen in the count at the latest.
      if (this.#finished) return;
      if (Atomics.wait(int32, SLOT_FLUSH_DONE, done, WAIT_MS) === 'timed-out') waited += WAIT_MS;
      if (!this.#finished) this.#relieve();
    }
  }

  #close(): TraceStats {
    unwatchExit(this);
    forgetRecorder(this.recorder);
    this.recorder.relief = undefined;
    clearInterval(this.#timer);
    this.#inline = undefined;
    // Ends the wait of `#writeOnWake`, which would hold on to all of this for ever.
    this.#arena.wake();
    this.#reportProblems();
    // A writer that did not finish in time may write still, and must not find another file there.
    if (this.#finished) this.#closeFile();
    return this.stats();
  }

  #closeFile(): void {
    // A thread that was not up in time is not needed any more.
    void this.#thread?.terminate();
    try {
      closeSync((this.#data as WriterData).fd);
    } catch {
      // Somebody else has closed it: what was written is in the file.
    }
  }

  /** Warns of what the writer has met: once each, in the thread whose program it concerns. */
  #reportProblems(warn?: Warn): void {
    const { int32, bytes, counters } = this.#arena;
    const length = Atomics.load(int32, SLOT_FAILURE_LENGTH);
    if (length > 0) {
      const reason = bytes.toString('utf8', FAILURE_OFFSET, FAILURE_OFFSET + length);
      reportOnce(
        this.#arena,
        REPORTED_WRITE_ERROR,
        'TRACELANE_WRITE_FAILED',
        `The trace file ${this.#options.path} can no longer be written: ${reason}. It holds all ` +
          'that was written before; later events are lost and counted in stats().lost. ' +
          remedyFor(reason.split(':', 1)[0]),
        warn,
      );
    }
    if (Atomics.load(counters, COUNTER_UNMATCHED) === 0n) return;
    reportOnce(
      this.#arena,
      REPORTED_UNMATCHED,
      'TRACELANE_UNMATCHED_END',
      'A span, an async operation or a flow was ended (or stepped) by an id that is not open: it ' +
        'was never begun, or was ended before. stats().unmatchedEnds counts them.',
      warn,
    );
  }
}

function warnInline(path: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  emitWarning(
    'TRACELANE_WRITER_INLINE',
    `The writer thread for ${path} cannot run: ${reason}. The trace is written by the thread ` +
      "that records instead, which costs that thread more. Set writer: 'inline' to choose this.",
  );
}
