import { closeSync } from 'node:fs';
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
import { claimRole, createWriter, turn, type WriterData, writerIsGone } from '../writer/run.js';
import type { TraceWriter } from '../writer/trace-writer.js';
import { unwatched } from './thread-recorders.js';
import { canRunWriter, remedyForThread, startWriterWorker } from './writer-worker.js';

/** A writer thread that has not come up after so long is not waited for any more. */
const START_TIMEOUT_MS = 1000;
/** How long a blocking stop waits for a writer that writes nothing. */
const STOP_TIMEOUT_MS = 10_000;
/** Between two looks at it. */
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
 * Sees to it that somebody writes the trace: a thread of its own or, where that cannot start, has
 * ended, or comes too late, the thread of the owner. Lives in the owner's thread.
 */
export class WriterHost {
  readonly #arena: Arena;
  readonly #data: WriterData;
  readonly #path: string;
  readonly #onProblem: () => void;
  readonly #startedAt = clock.now();
  #thread: Worker | undefined;
  #threadError: unknown;
  /** There while this thread is the writer. */
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
    // Not before the event loop turns: it must turn once more to let go of what waits, so programs
    // that start and stop without coming back to it would pile up what each of these holds.
    this.#firstWait = timers.setImmediate(() => void this.#writeOnWake()).unref();
    return true;
  }

  /** This thread waits for the writer: true where it is the writer itself and has now written. */
  relieve(): boolean {
    return withOriginals(() => this.#relieve());
  }

  #relieve(): boolean {
    if (this.#inline === undefined) {
      // The thread's end may be known before this thread comes to its event loop, which tells it.
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
    // Its end keeps the process alive from here on. Waited for in any case: what the thread holds is
    // given back then.
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
      // The writer finishes first and changes the count then, so a finish that this look missed
      // is seen in the count at the latest.
      if (this.isFinished) return;
      if (Atomics.wait(int32, SLOT_FLUSH_DONE, done, WAIT_MS) === 'timed-out') waited += WAIT_MS;
      if (!this.isFinished) this.#relieve();
    }
  }

  /** Gives up what was held for the writer, which has finished or was not to be waited for. */
  close(): void {
    timers.clearInterval(this.#timer);
    timers.clearImmediate(this.#firstWait);
    this.#inline = undefined;
    // Ends the wait of `#writeOnWake`, which would hold on to all of this for ever.
    this.#arena.wake();
    this.#countEnding();
    // A writer that did not finish in time may write still, and must not find another file there.
    if (!this.isFinished) return;
    // A thread that was not up in time is not needed any more.
    void this.#thread?.terminate();
    try {
      closeSync(this.#data.fd);
    } catch {
      // Somebody else has closed it: what was written is in the file.
    }
  }

  #startThread(): boolean {
    try {
      const thread = unwatched(() => startWriterWorker(this.#data));
      thread.on('message', () => withOriginals(this.#onProblem));
      thread.on('error', (error) => {
        this.#threadError = error;
      });
      thread.on('exit', () => withOriginals(() => this.#threadEnded()));
      // It must not keep a program alive that is done. After the listeners, which undo this.
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
      // Waits only on the count that was there before the look: no wake in between is missed.
      const waiting = atomics.waitAsync(int32, SLOT_WAKE, seen);
      if (waiting.async) await waiting.value;
    }
  }

  #writeInline(): void {
    if (this.#inline === undefined) return;
    if (!turn(this.#arena, this.#inline)) this.#inline = undefined;
    this.#onProblem();
  }

  /** Writes the rest here, where this thread is the writer or no other has begun to be. */
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
