import { availableParallelism } from 'node:os';
import { type EntryHandlers, EntryMaker, type TraceFacts } from '../source/entries.js';
import type { ListForm, TextFacts } from '../source/list-reader.js';
import { TraceReadError } from '../source/read-error.js';
import { cannotRead, listFormOf } from '../source/source.js';
import type { Message } from './messages.js';
import type { Part } from './stretches.js';
import { FoundTexts, ReadingThread } from './thread.js';

/** More threads would find events faster than this one can work on them. */
const MAX_THREADS = 2;
/**
 * So many messages of all threads together may be on their way: what is read ahead stays in bounds. While
 * this thread sorts 90,000 events at once, the others need not wait for it.
 */
const SLOTS = 16;
/** What a thread reads before its turn has room in its half of the slots: a stretch takes five of them. */
const STRETCH_BYTES = 2 * 1024 * 1024;

/** How a list of events in plain JSON is shared among threads. */
export interface Sharing {
  readonly threads: number;
  readonly stretchBytes: number;
}

/**
 * Reads a trace on threads of their own, while this one takes what is found. Gives undefined, with
 * nothing taken, where there can be no threads or the file cannot be read.
 *
 * A list of events in plain JSON is read by several threads, each a stretch of it in turn. Where a
 * stretch begins inside the list is not known before the one before it was read: its thread takes what
 * looks like an event for one. If the stretch before ends right there, it was one, and all that was found
 * from there on holds. If not, one thread reads all the rest.
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
  readonly #parts: readonly (Part | undefined)[];
  readonly #texts: FoundTexts;
  /** Those that read now, and all that were started. */
  #threads: readonly ReadingThread[] = [];
  readonly #all: ReadingThread[] = [];
  /** Whether nothing has come yet. */
  #isEmpty = true;
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
    const form = threads > 1 ? listFormOf(path) : undefined;
    this.#parts =
      form === undefined
        ? [undefined]
        : Array.from({ length: threads }, (_, first) => ({ form, bytes, first, step: threads }));
    this.#texts = new FoundTexts(this.#parts.length > 1);
  }

  async read(): Promise<TraceFacts | undefined> {
    try {
      return await new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        this.#start(this.#parts);
      });
    } finally {
      await this.#stop();
    }
  }

  #start(parts: readonly (Part | undefined)[]): void {
    const data = { path: this.#path, wantsTexts: this.#wantsTexts };
    const slots = Math.ceil(SLOTS / parts.length);
    const goOn = () => this.#goOn();
    try {
      this.#threads = parts.map((part) => {
        const thread = new ReadingThread({ ...data, part }, slots, this.#texts, goOn);
        this.#all.push(thread);
        return thread;
      });
    } catch (cause) {
      // There may be no threads.
      this.#fail(stoppedReading(this.#path, cause));
    }
  }

  /** Nothing is taken any more of what is on its way. */
  async #stop(): Promise<void> {
    this.#threads = [];
    await Promise.all(this.#all.map((thread) => thread.stop()));
  }

  /** Where nothing has come yet, others may read the file, or say why it cannot be read. */
  #fail(error: TraceReadError): void {
    if (this.#isEmpty) this.#resolve(undefined);
    else this.#reject(error);
  }

  /** Takes what has come, in the order of the file. */
  #goOn(): void {
    try {
      for (;;) {
        const thread = this.#threads[this.#stretch % this.#threads.length];
        const message = thread?.queue.shift();
        if (thread === undefined || message === undefined) {
          if (thread?.end !== undefined) this.#fail(stoppedReading(this.#path, thread.end));
          return;
        }
        this.#take(message, thread);
      }
    } catch (error) {
      void this.#stop();
      this.#reject(error);
    }
  }

  #take(message: Message, thread: ReadingThread): void {
    switch (message.kind) {
      case 'found':
        this.#isEmpty = false;
        thread.take(message, this.#maker, this.#before);
        this.#handlers.onProgress?.(message.progress);
        break;
      case 'stretch':
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

  /** What another thread takes for an event is none. */
  #readRest(): void {
    // There was a stretch before, in which the list has begun.
    const form = this.#first?.form as ListForm;
    void this.#stop();
    this.#stretch = 0;
    this.#start([{ form, from: this.#begin }]);
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
  const problem = `the thread that reads it has stopped: ${message}.`;
  return new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem, { cause });
}
