import { availableParallelism } from 'node:os';
import { type EntryHandlers, EntryMaker, type TraceFacts } from '../source/entries.js';
import type { TextFacts } from '../source/list-reader.js';
import { TraceReadError } from '../source/read-error.js';
import { cannotRead, listFormOf } from '../source/source.js';
import type { Message } from './messages.js';
import { OwnReading } from './own-reading.js';
import type { Part, Stretches } from './stretches.js';
import { type Finds, FoundTexts, ReadingThread } from './thread.js';

/** More threads would find events faster than this one can work on them. */
const MAX_THREADS = 2;
/**
 * So many messages of all threads together may be on their way: what is read ahead stays in bounds. While
 * this thread sorts a run of 43,000 events and goes over them, the others need not wait for it.
 */
const SLOTS = 16;
/** What a thread reads before its turn has room in its part of the slots: a stretch takes three of them. */
const STRETCH_BYTES = 1024 * 1024;

/** How a list of events in plain JSON is shared among threads. */
export interface Sharing {
  readonly threads: number;
  readonly stretchBytes: number;
}

/**
 * Reads a trace on threads of their own, while this one takes what is found. Gives undefined, with
 * nothing taken, where there can be no threads or the file cannot be read.
 *
 * A list of events in plain JSON is read in stretches: each thread takes the next one that no other has taken,
 * this one, too, where it would have to wait. Where a stretch begins inside the list is not known before the one
 * before it was read: its reader takes what looks like an event for one. If the stretch before ends right there,
 * it was one, and all that was found from there on holds. If not, one thread reads all the rest.
 */
export function readOnThreads(
  path: string,
  handlers: EntryHandlers,
  sharing: Sharing = {
    // One processor is for this thread. Two readers on one other take turns with it: that is slower.
    threads: Math.max(1, Math.min(availableParallelism() - 1, MAX_THREADS)),
    stretchBytes: STRETCH_BYTES,
  },
): Promise<TraceFacts | undefined> {
  return new Reading(path, handlers, sharing).read();
}

class Reading {
  readonly #path: string;
  readonly #handlers: EntryHandlers;
  readonly #maker: EntryMaker;
  readonly #wantsTexts: boolean;
  readonly #threadCount: number;
  /** How the file is shared; undefined where it is read as a whole. */
  readonly #stretches: Stretches | undefined;
  readonly #texts: FoundTexts;
  /** Those that read now, and all that were started. */
  #threads: readonly ReadingThread[] = [];
  readonly #all: ReadingThread[] = [];
  /** What this thread reads itself. */
  #own: OwnReading | undefined;
  /** Whether it is read in stretches, and not the rest of it by one thread. */
  #isShared: boolean;
  /** Whether nothing has come yet. */
  #isEmpty = true;
  #isOver = false;
  /** Whether a look is scheduled for the next turn of the event loop. */
  #isLooking = false;
  /** Whether a message was taken since it was scheduled. */
  #hasCome = false;
  /** Number of the stretch whose turn it is, and where it has to begin. */
  #stretch = 0;
  #begin = 0;
  /** What is known of the stretches before: how many elements of the list, and what stands before these. */
  #before = 0;
  #first: TextFacts | undefined;
  #resolve: (facts: TraceFacts | undefined) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(path: string, handlers: EntryHandlers, { threads, stretchBytes: bytes }: Sharing) {
    this.#path = path;
    this.#handlers = handlers;
    this.#maker = new EntryMaker(path, handlers);
    this.#wantsTexts = handlers.onBatch === undefined || handlers.wantsText === undefined;
    const form = listFormOf(path);
    const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#stretches = form && { form, bytes, taken };
    this.#isShared = form !== undefined;
    this.#threadCount = form === undefined ? 1 : threads;
    this.#texts = new FoundTexts(form !== undefined);
  }

  async read(): Promise<TraceFacts | undefined> {
    try {
      return await new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        this.#start(this.#stretches, this.#threadCount);
        if (this.#stretches !== undefined) this.#startOwn(this.#stretches);
      });
    } finally {
      this.#isOver = true;
      await this.#stop();
    }
  }

  #start(part: Part | undefined, count: number): void {
    const data = { path: this.#path, wantsTexts: this.#wantsTexts, part };
    const slots = Math.ceil(SLOTS / count);
    try {
      this.#threads = Array.from({ length: count }, () => {
        const thread = new ReadingThread(data, slots, this.#texts, () => this.#goOn());
        this.#all.push(thread);
        return thread;
      });
    } catch (cause) {
      // There may be no threads.
      this.#fail(stoppedReading(this.#path, cause));
    }
  }

  #startOwn(stretches: Stretches): void {
    try {
      this.#own = new OwnReading(this.#path, stretches, this.#wantsTexts, this.#texts);
    } catch {
      // The threads cannot open the file, either, and say why.
      return;
    }
    // It has begun before the threads are there.
    this.#look();
  }

  /** Nothing is taken any more of what is on its way. */
  async #stop(): Promise<void> {
    this.#threads = [];
    this.#own?.close();
    this.#own = undefined;
    await Promise.all(this.#all.map((thread) => thread.stop()));
  }

  /** Where nothing has come yet, others may read the file, or say why it cannot be read. */
  #fail(error: TraceReadError): void {
    if (this.#isEmpty) this.#resolve(undefined);
    else this.#reject(error);
  }

  /**
   * Takes what has come, in the order of the file.
   *
   * @param mayRead Whether nothing had come in a turn of the event loop: then this thread reads a stretch, too.
   */
  readonly #goOn = (mayRead = false): void => {
    if (this.#isOver) return;
    try {
      for (;;) {
        const reader = this.#readerOfTurn();
        const message = reader?.queue.shift();
        if (reader === undefined || message === undefined) break;
        this.#hasCome = true;
        this.#take(message, reader);
      }
      const stopped = this.#threads.find(
        ({ end, queue }) => end !== undefined && queue.length === 0,
      );
      if (stopped !== undefined) this.#fail(stoppedReading(this.#path, stopped.end));
      else if (this.#own?.isFree === true) {
        if (mayRead && !this.#hasCome) this.#own.readOn();
        this.#look();
      }
    } catch (error) {
      void this.#stop();
      this.#reject(error);
    }
  };

  /**
   * Looks what comes in a turn of the event loop. Where something does, the others are ahead, and would have to
   * wait for slots while this thread reads.
   */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#hasCome = false;
    setImmediate(() => {
      this.#isLooking = false;
      this.#goOn(!this.#hasCome);
    });
  }

  /** Who tells of the stretch whose turn it is, as far as that is known. */
  #readerOfTurn(): Finds | undefined {
    if (!this.#isShared) return this.#threads[0];
    const turn = this.#stretch;
    return this.#own?.tellsOf(turn) ? this.#own : this.#threads.find((one) => one.tellsOf(turn));
  }

  #take(message: Message, reader: Finds): void {
    switch (message.kind) {
      case 'found':
        this.#isEmpty = false;
        reader.take(message, this.#maker, this.#before);
        this.#handlers.onProgress?.(message.progress);
        break;
      case 'stretch':
        reader.stretch = message.number;
        if (message.begin !== this.#begin) this.#readRest();
        break;
      case 'stretch end':
        this.#first ??= message.facts;
        this.#before += message.facts.events;
        this.#begin = message.next;
        this.#stretch++;
        break;
      case 'end':
        this.#resolve(this.#allOf(message.facts));
        break;
      case 'failure': {
        const { message: text, ...fields } = message.cause;
        this.#fail(cannotRead(this.#path, Object.assign(new Error(String(text)), fields)));
      }
    }
  }

  /** What was taken for an event is none, or one reader has given up: a single thread goes on from there. */
  #readRest(): void {
    void this.#stop();
    this.#isShared = false;
    const form = this.#first?.form;
    this.#start(form && { form, from: this.#begin }, 1);
  }

  #allOf(last: TraceFacts): TraceFacts {
    const first = this.#first;
    if (first === undefined) return last;
    return {
      ...last,
      events: this.#before + last.events,
      members: new Map([...first.members, ...last.members]),
      membersLeftOut: new Set([...first.membersLeftOut, ...last.membersLeftOut]),
    };
  }
}

function stoppedReading(path: string, cause: unknown): TraceReadError {
  const { message } = cause as Error;
  const problem =
    `the thread that reads it has stopped: ${message}. Start again, or hand the file over by a pipe ` +
    '(`cat FILE | tracelane … -`): then no such thread is needed.';
  return new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem, { cause });
}
