import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { readingThread } from '../../locations.js';
import { type EntryHandlers, EntryMaker, readEntries, type TraceFacts } from '../source/entries.js';
import { EventBatch } from '../source/event-batch.js';
import { TraceReadError } from '../source/read-error.js';
import { cannotRead, isFile, pathOf } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import type { ReadingData } from './hand-over.js';
import type { FoundMessage, Message } from './messages.js';
import { createRing, freeSlot, type Ring } from './ring.js';

/** Of a smaller file, all is read in the time in which a thread starts. */
const WORTH_A_THREAD = 8 * 1024 * 1024;

/**
 * The same as {@link readEntries}, on two processors where that is faster. Where some texts are wanted only,
 * none has to be made.
 */
export async function readAhead(input: TraceInput, handlers: EntryHandlers): Promise<TraceFacts> {
  const facts =
    isFile(input) && isReadAhead(input) ? await readOnThread(pathOf(input), handlers) : undefined;
  return facts ?? readEntries(input, handlers);
}

/** Whether another thread will read a trace, if it can. */
export function isReadAhead(input: TraceInput): boolean {
  return isFile(input) && availableParallelism() > 1 && isLarge(pathOf(input));
}

/**
 * Reads a trace on a thread of its own, while this one takes what is found. Gives undefined, with
 * nothing taken, where such a thread cannot run or the file cannot be read.
 */
export async function readOnThread(
  path: string,
  handlers: EntryHandlers,
): Promise<TraceFacts | undefined> {
  const ring = createRing();
  const wantsTexts = handlers.onBatch === undefined || handlers.wantsText === undefined;
  const worker = startThread({ path, ring, wantsTexts });
  if (worker === undefined) return undefined;
  const receiver = new Receiver(path, ring, handlers);
  try {
    return await new Promise((resolve, reject) => {
      const stopped = (cause: unknown): void => {
        if (receiver.isEmpty) resolve(undefined);
        else reject(stoppedReading(path, cause));
      };
      worker.on('error', stopped);
      worker.on('exit', () => stopped(new Error('its thread ended')));
      worker.on('message', (message: Message) => {
        try {
          if (message.kind === 'found') receiver.take(message);
          else if (message.kind === 'end') resolve(message.facts);
          else if (receiver.isEmpty) resolve(undefined);
          else {
            const { message: text, ...fields } = message.cause;
            reject(cannotRead(path, Object.assign(new Error(String(text)), fields)));
          }
        } catch (error) {
          // Without it, what is on its way would be taken, too.
          worker.removeAllListeners('message');
          reject(error);
        }
      });
    });
  } finally {
    await worker.terminate();
  }
}

function isLarge(path: string): boolean {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size >= WORTH_A_THREAD;
  } catch {
    // Whoever opens it says why it cannot be read.
    return false;
  }
}

/** Undefined where there may be no threads. */
function startThread(data: ReadingData): Worker | undefined {
  try {
    return new Worker(readingThread(), {
      name: 'tracelane-reader',
      workerData: data,
      // Without preloaded modules and environment variables of this process.
      execArgv: [],
      env: {},
    });
  } catch {
    return undefined;
  }
}

function stoppedReading(path: string, cause: unknown): TraceReadError {
  const { message } = cause as Error;
  const problem = `the thread that reads it has stopped: ${message}.`;
  return new TraceReadError('TRACELANE_CANNOT_READ', path, -1, problem, { cause });
}

/** Gives what the thread hands over to those who read the trace. */
class Receiver {
  /** Whether nothing has come yet. */
  isEmpty = true;
  readonly #ring: Ring;
  readonly #handlers: EntryHandlers;
  readonly #maker: EntryMaker;
  readonly #texts: string[] = [];
  readonly #slots: readonly { readonly batch: EventBatch; readonly bytes: Buffer }[];
  #messages = 0;

  constructor(path: string, ring: Ring, handlers: EntryHandlers) {
    this.#ring = ring;
    this.#handlers = handlers;
    this.#maker = new EntryMaker(path, handlers);
    this.#slots = ring.slots.map(({ columns, bytes }) => ({
      batch: new EventBatch({ texts: this.#texts }, columns),
      bytes: Buffer.from(bytes),
    }));
  }

  take({ steps, texts, largeBytes, progress }: FoundMessage): void {
    this.isEmpty = false;
    for (const text of texts) this.#texts.push(text);
    const number = this.#messages++ % this.#slots.length;
    const slot = this.#slots[number];
    const maker = this.#maker;
    for (const step of steps) {
      if (step.kind === 'text') maker.onText(step.text);
      else if (step.kind === 'problem') maker.onProblem(step.problem);
      else if (step.kind === 'first bytes') maker.onFirstBytes?.(step.bytes);
      else {
        const { first, count, index } = step;
        const { columns } = this.#ring.slots[number];
        const batch =
          first === 0 ? slot.batch : new EventBatch({ texts: this.#texts }, columns, first);
        batch.count = count;
        batch.index = index;
        batch.bytes = largeBytes === undefined ? slot.bytes : Buffer.from(largeBytes);
        batch.to = batch.bytes.length;
        if (maker.onBatch === undefined) makeEntries(batch, maker);
        else maker.onBatch(batch);
      }
    }
    freeSlot(this.#ring);
    this.#handlers.onProgress?.(progress);
  }
}

/** For who takes no batches: each event by itself. */
function makeEntries(batch: EventBatch, maker: EntryMaker): void {
  for (let row = 0; row < batch.count; row++) {
    const [index, offset] = [batch.index + row, batch.offset[row]];
    maker.onText({ index, offset, text: batch.text(row), badUtf8: false });
  }
}
