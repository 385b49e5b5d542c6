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

/** What one reader finds in a file, as this thread takes it. */
export class Finds {
  /** What has come from it, and was not looked at yet. */
  readonly queue: Message[] = [];
  /** The stretch of which the messages tell that are looked at. */
  stretch = -1;
  protected readonly ring: Ring;
  readonly #texts: FoundTexts;
  readonly #slots: readonly { readonly batch: EventBatch; readonly bytes: Buffer }[];
  /** The number of each of its texts among those of all readers; and whether these are the same. */
  readonly #numbers: number[] = [];
  #sameNumbers = true;
  #messages = 0;

  constructor(slots: number, texts: FoundTexts) {
    this.ring = createRing(slots);
    this.#texts = texts;
    this.#slots = this.ring.slots.map(({ columns, bytes }) => ({
      batch: new EventBatch(texts, columns),
      bytes: Buffer.from(bytes),
    }));
  }

  /** The slots are used from the first on again. All messages must have been taken. */
  protected beginAgain(): void {
    this.#messages = 0;
    Atomics.store(this.ring.taken, 0, 0);
  }

  /** Whether what comes next tells of that stretch, or that it cannot read. */
  tellsOf(stretch: number): boolean {
    if (this.stretch === stretch) return true;
    const [next] = this.queue;
    return next?.kind === 'failure' || (next?.kind === 'stretch' && next.number === stretch);
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
        const { columns } = this.ring.slots[number];
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
    freeSlot(this.ring);
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

/** A thread that reads a file, or parts of it, as this one sees it. */
export class ReadingThread extends Finds {
  /** Why nothing comes from it any more, though it has not told of the end of its work. */
  end: Error | undefined;
  #isDone = false;
  readonly #worker: Worker;

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
    super(slots, texts);
    const workerData: ReadingData = { ...data, ring: this.ring };
    this.#worker = new Worker(readingThread(), {
      name: 'tracelane-reader',
      workerData,
      // Without preloaded modules and environment variables of this process.
      execArgv: [],
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const ended = (cause: Error): void => {
      if (!this.#isDone) this.end ??= cause;
      onChange();
    };
    this.#worker.on('error', ended);
    this.#worker.on('exit', () => ended(new Error('its thread ended')));
    this.#worker.on('message', (message: Message) => {
      this.#isDone = isLast(message);
      this.queue.push(message);
      onChange();
    });
  }

  /** Ends it, whatever it does. Nothing comes from it any more. */
  async stop(): Promise<void> {
    this.#worker.removeAllListeners();
    // It may fail in the same moment: an error that nobody listens for ends the process.
    this.#worker.on('error', () => {});
    await this.#worker.terminate();
  }
}

/** Whether a reader has nothing to tell behind that. */
function isLast(message: Message): boolean {
  const { kind } = message;
  return (
    kind === 'end' || kind === 'failure' || (kind === 'stretch' && message.begin === undefined)
  );
}

/** For who takes no batches: each event by itself. */
function makeEntries(batch: EventBatch, maker: EntryMaker): void {
  for (let row = 0; row < batch.count; row++) {
    const [index, offset] = [batch.index + row, batch.offset[row]];
    maker.onText({ index, offset, text: batch.text(row), badUtf8: false });
  }
}
