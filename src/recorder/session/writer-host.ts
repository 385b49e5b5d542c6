import type { Worker } from 'node:worker_threads';
import { timers } from '../../intrinsics/clock.js';
import { atomics } from '../../intrinsics/language.js';
import { withOriginals } from '../../intrinsics/originals.js';
import type { Arena } from '../arena/arena.js';
import {
  COUNTER_BYTES,
  ROLE_FINISHED,
  ROLE_INLINE,
  ROLE_THREAD,
  ROLE_VACANT,
  SLOT_FLUSH_DONE,
  SLOT_WAKE,
  SLOT_WRITER_ROLE,
} from '../arena/layout.js';
import { clock } from '../clock.js';
import { emitWarning } from '../record/report.js';
import { closeFile } from '../writer/disk.js';
import { claimRole, createWriter, turn, type WriterData, writerIsGone } from '../writer/run.js';
import type { TraceWriter } from '../writer/trace-writer.js';
import { unwatched } from './thread-recorders.js';
import { canRunWriter, remedyForThread, startWriterWorker } from './writer-worker.js';

/** If the writer thread is not up so long after its start, an owner that has to wait takes over. */
const START_TIMEOUT_MS = 1000;
/** How long a blocking stop waits for a writer that writes nothing. */
const STOP_TIMEOUT_MS = 10_000;
/** How long one of its waits lasts before it looks whether the writer is still there. */
const WAIT_MS = 100;
/** The `threadId` of a worker that is no more. */
const ENDED = -1;

/**
 * Writer threads that have nothing left to do and whose 'exit' event this thread has not got yet. Node
 * keeps the stack and the heap of a thread until then, so a program that starts and stops tracers
 * without coming back to its event loop would pile them up.
 */
let endingThreads = 0;
/** Beyond so many of them, the owner writes the next trace itself. */
const MAX_ENDING_THREADS = 4;

/**
 * Sees to it that the trace has a writer: a thread of its own or, where that cannot start, has ended
 * or comes too late, the owner's thread. Used by the owner's thread only.
 */
export class WriterHost {
  readonly #arena: Arena;
  readonly #data: WriterData;
  readonly #path: string;
  readonly #onProblem: () => void;
  readonly #startedAt = clock.now();
  #thread: Worker | undefined;
  #threadError: unknown;
  /** Defined while this thread is the writer. */
  #inline: TraceWriter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstWait: NodeJS.Immediate | undefined;

  /** `onProblem` is called when the writer may have met a problem that the arena tells of. */
  constructor(arena: Arena, data: WriterData, path: string, onProblem: () => void) {
    this.#arena = arena;
    this.#data = data;
    this.#path = path;
    this.#onProblem = onProblem;
  }

  /** Starts the writer: as a thread, if that is wanted and can be had. */
  start(writer: 'thread' | 'inline'): void {
    const mayStart = writer === 'thread' && canRunWriter && endingThreads < MAX_ENDING_THREADS;
    if (!mayStart || !this.#startThread()) this.takeOver();
  }

  get isFinished(): boolean {
    return Atomics.load(this.#arena.int32, SLOT_WRITER_ROLE) === ROLE_FINISHED;
  }

  /** Makes this thread the writer, if the role is `from`. */
  takeOver(from = ROLE_VACANT): boolean {
    if (!this.#becomeWriter(from)) return false;
    this.#timer = timers
      .setInterval(() => withOriginals(() => this.#writeInline()), this.#data.interval)
      .unref();
    // Not at once: a wait that has begun holds the arena until the event loop turns. Programs that
    // start and stop tracers without coming back to it would pile up arenas.
    this.#firstWait = timers.setImmediate(() => void this.#writeOnWake()).unref();
    return true;
  }

  /** Called while this thread waits for the writer. If it is the writer itself, writes: then true. */
  relieve(): boolean {
    return withOriginals(() => this.#relieve());
  }

  #relieve(): boolean {
    if (this.#inline === undefined) {
      // The 'exit' event needs the event loop, to which a waiting thread does not come.
      if (writerIsGone(this.#data)) this.#threadEnded();
      else if (clock.now() - this.#startedAt > START_TIMEOUT_MS) this.takeOver();
      if (this.#inline === undefined) return false;
    }
    this.#writeInline();
    return true;
  }

  /** Resolves when the writer, told to stop before, has written the rest. */
  async finish(): Promise<void> {
    const thread = this.#thread;
    const finished = withOriginals(() => this.#finishInline());
    if (thread === undefined) return;
    // Node gives back what a thread holds when it has ended, so its end is waited for, also where this
    // thread has written the rest. Until then it keeps the process alive.
    thread.ref();
    if (finished) await thread.terminate();
    else if (thread.threadId !== ENDED) {
      await withOriginals(
        () => new Promise<void>((resolve) => thread.once('exit', () => resolve())),
      );
    }
    // Where the thread was ended before it was done, this one has taken over.
    withOriginals(() => this.#writeInline());
  }

  /** The same, blocking. */
  finishSync(): void {
    if (this.#finishInline()) return;
    const { int32, counters } = this.#arena;
    let bytes = -1n;
    for (let waited = 0; !this.isFinished && waited < STOP_TIMEOUT_MS; ) {
      const now = Atomics.load(counters, COUNTER_BYTES);
      if (now !== bytes) waited = 0;
      bytes = now;
      const done = Atomics.load(int32, SLOT_FLUSH_DONE);
      // Looked at again: the writer says that it has finished before it changes SLOT_FLUSH_DONE. If it
      // finishes behind this look, the number is no more `done`, and the wait returns at once.
      if (this.isFinished) return;
      if (Atomics.wait(int32, SLOT_FLUSH_DONE, done, WAIT_MS) === 'timed-out') waited += WAIT_MS;
      if (!this.isFinished) this.#relieve();
    }
  }

  /** Gives up what was held for the writer. Call when it has finished, or is not waited for any more. */
  close(): void {
    timers.clearInterval(this.#timer);
    timers.clearImmediate(this.#firstWait);
    this.#inline = undefined;
    // Ends the wait in `#writeOnWake`, which would hold the arena for ever.
    this.#arena.wake();
    this.#countEnding();
    // A writer that did not finish in time may still write: were the file closed, the number of its
    // descriptor could stand for another one by then.
    if (!this.isFinished) return;
    // A thread that was not up in time has nothing to do.
    void this.#thread?.terminate();
    closeFile(this.#data.fd, this.#data.identity);
  }

  #startThread(): boolean {
    try {
      const thread = unwatched(() => startWriterWorker(this.#data));
      thread.on('message', () => withOriginals(this.#onProblem));
      thread.on('error', (error) => {
        this.#threadError = error;
      });
      thread.on('exit', () => withOriginals(() => this.#threadEnded()));
      // It must not keep the process alive. Last, because adding a 'message' listener undoes this.
      thread.unref();
      this.#thread = thread;
      return true;
    } catch (error) {
      this.#warnInline(error);
      return false;
    }
  }

  /** Counts the thread as ending until its end is known. */
  #countEnding(): void {
    const thread = this.#thread;
    if (thread === undefined || thread.threadId === ENDED) return;
    endingThreads++;
    thread.once('exit', () => {
      endingThreads--;
    });
  }

  /** The writer's thread is no more: if its work is not done, this thread goes on with it. */
  #threadEnded(): void {
    const takenOver = this.takeOver() || this.takeOver(ROLE_THREAD);
    if (!takenOver && this.#threadError === undefined) return;
    this.#warnInline(this.#threadError ?? new Error('it was ended from outside'));
  }

  /** Other threads ask an inline writer by the arena, as they would ask a writer thread. */
  async #writeOnWake(): Promise<void> {
    const { int32 } = this.#arena;
    while (this.#inline !== undefined) {
      const seen = atomics.load(int32, SLOT_WAKE);
      withOriginals(() => this.#writeInline());
      // `seen` is from before the writing: a wake since then has changed it, and there is no wait.
      const waiting = atomics.waitAsync(int32, SLOT_WAKE, seen);
      if (waiting.async) await waiting.value;
    }
  }

  #writeInline(): void {
    if (this.#inline === undefined) return;
    if (!turn(this.#arena, this.#inline)) this.#inline = undefined;
    this.#onProblem();
  }

  /** Writes the rest, if this thread is the writer or there is none yet. */
  #finishInline(): boolean {
    if (this.#inline === undefined && !this.#becomeWriter(ROLE_VACANT)) return false;
    this.#writeInline();
    return true;
  }

  #becomeWriter(from: number): boolean {
    if (!claimRole(this.#data, ROLE_INLINE, from)) return false;
    this.#inline = createWriter(this.#data, false);
    return true;
  }

  #warnInline(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    emitWarning(
      'TRACELANE_WRITER_INLINE',
      `The writer thread for ${this.#path} cannot run: ${reason}. The trace is written by the ` +
        `thread that records instead, which costs that thread more. ${remedyForThread(error)}`,
    );
  }
}
