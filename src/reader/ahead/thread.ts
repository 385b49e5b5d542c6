import { Worker } from 'node:worker_threads';
import { readingThread } from '../../locations.js';
import type { EntryMaker } from '../source/entries.js';
import { EventBatch } from '../source/event-batch.js';
import type { ReadingData } from './hand-over.js';
import type { FoundMessage, Message } from './messages.js';
import { createRing, freeSlot, type Ring } from './ring.js';

/** It makes few objects that live: what it has of them need not grow with what could be had. */
const YOUNG_MIB = 4;

/** Names and categories that the threads have found, by their numbers in the batches that are handed on. */
export class FoundTexts {
  readonly texts: string[] = [];
  /** Of a single thread, the numbers are its own. */
  readonly #numbers: Map<string, number> | undefined;

  constructor(areShared: boolean) {
    this.#numbers = areShared ? new Map() : undefined;
  }

  add(text: string): number {
    const known = this.#numbers?.get(text);
    if (known !== undefined) return known;
    const number = this.texts.push(text) - 1;
    this.#numbers?.set(text, number);
    return number;
  }
}

/** A thread that reads a file, or parts of it, as this one sees it. */
export class ReadingThread {
  /** What has come from it, and was not looked at yet. */
  readonly queue: Message[] = [];
  /** Why nothing comes from it any more: its work is done, or it could not go on. */
  end: Error | undefined;
  readonly #worker: Worker;
  readonly #ring: Ring;
  readonly #texts: FoundTexts;
  readonly #slots: readonly { readonly batch: EventBatch; readonly bytes: Buffer }[];
  /** The number of each of its texts among those of all threads; and whether these are the same. */
  readonly #numbers: number[] = [];
  #sameNumbers = true;
  #messages = 0;

  /**
   * @param onChange Called when something has come, and when it has ended.
   * @throws where there may be no threads.
   */
  constructor(
    data: Omit<ReadingData, 'ring'>,
    slots: number,
    texts: FoundTexts,
    onChange: () => void,
  ) {
    const ring = createRing(slots);
    this.#ring = ring;
    this.#texts = texts;
    this.#slots = ring.slots.map(({ columns, bytes }) => ({
      batch: new EventBatch(texts, columns),
      bytes: Buffer.from(bytes),
    }));
    const workerData: ReadingData = { ...data, ring };
    this.#worker = new Worker(readingThread(), {
      name: 'tracelane-reader',
      workerData,
      // Without preloaded modules and environment variables of this process.
      execArgv: [],
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const ended = (cause: Error): void => {
      this.end ??= cause;
      onChange();
    };
    this.#worker.on('error', ended);
    this.#worker.on('exit', () => ended(new Error('its thread ended')));
    this.#worker.on('message', (message: Message) => {
      this.queue.push(message);
      onChange();
    });
  }

  /** Ends it, whatever it does. Nothing comes from it any more. */
  async stop(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }

  /**
   * Gives what was found to those who read the trace. `before`: how many elements the list has before
   * that part.
   */
  take({ steps, texts, largeBytes }: FoundMessage, maker: EntryMaker, before: number): void {
    for (const text of texts) this.#learn(text);
    const number = this.#messages++ % this.#slots.length;
    const slot = this.#slots[number];
    for (const step of steps) {
      if (step.kind === 'text')
        maker.onText(before === 0 ? step.text : { ...step.text, index: before + step.text.index });
      else if (step.kind === 'problem') maker.onProblem(step.problem);
      else if (step.kind === 'first bytes') maker.onFirstBytes?.(step.bytes);
      else {
        const { first, count, index } = step;
        const { columns } = this.#ring.slots[number];
        const batch = first === 0 ? slot.batch : new EventBatch(this.#texts, columns, first);
        batch.count = count;
        batch.index = before + index;
        batch.bytes = largeBytes === undefined ? slot.bytes : Buffer.from(largeBytes);
        batch.to = batch.bytes.length;
        if (!this.#sameNumbers) this.#renumber(batch);
        if (maker.onBatch === undefined) makeEntries(batch, maker);
        else maker.onBatch(batch);
      }
    }
    freeSlot(this.#ring);
  }

  #learn(text: string): void {
    const number = this.#texts.add(text);
    if (number !== this.#numbers.length) this.#sameNumbers = false;
    this.#numbers.push(number);
  }

  #renumber({ name, category, count }: EventBatch): void {
    const numbers = this.#numbers;
    for (let row = 0; row < count; row++) {
      // Where an event has no name, any number stands there.
      name[row] = numbers[name[row]] ?? 0;
      category[row] = numbers[category[row]] ?? 0;
    }
  }
}

/** For who takes no batches: each event by itself. */
function makeEntries(batch: EventBatch, maker: EntryMaker): void {
  for (let row = 0; row < batch.count; row++) {
    const [index, offset] = [batch.index + row, batch.offset[row]];
    maker.onText({ index, offset, text: batch.text(row), badUtf8: false });
  }
}
