import type { ContainerProblem } from '../source/container-problem.js';
import { factsOf, type TraceFacts } from '../source/entries.js';
import { BATCH_ROWS, EventBatch, type Texts } from '../source/event-batch.js';
import {
  type EventText,
  type ListHandlers,
  ListReader,
  NO_TEXT,
  piecesOf,
  type TextFacts,
} from '../source/list-reader.js';
import { TraceReadError } from '../source/read-error.js';
import { cannotRead, type Progress, TraceSource } from '../source/source.js';
import { TraceReader } from '../source/trace-reader.js';
import type { Message, Step } from './messages.js';
import { type Ring, SLOT_BYTES, waitForSlot } from './ring.js';
import { type Part, PartReader } from './stretches.js';

/** What the reading thread is started with. */
export interface ReadingData {
  readonly path: string;
  readonly ring: Ring;
  /** Whether the JSON of events is wanted that has to be made for it. */
  readonly wantsTexts: boolean;
  /** What it reads of the file: all, where this is missing. */
  readonly part: Part | undefined;
}

/** Memory that a step takes besides its text, more or less. */
const STEP_BYTES = 100;

/** The work of the reading thread: reads, unpacks and scans a file, and hands over what it finds. */
export async function handOver(
  { path, ring, wantsTexts, part }: ReadingData,
  post: (message: Message) => void,
): Promise<void> {
  const wait = (message: number) => waitForSlot(ring, message);
  const found = new Found(ring, wantsTexts, wait, post);
  try {
    const facts =
      part === undefined ? await readAll(path, found) : readPart(path, part, found, post);
    found.flush();
    if (facts !== undefined) post({ kind: 'end', facts });
  } catch (error) {
    if (!(error instanceof TraceReadError)) throw error;
    found.flush();
    const { message, code } = error.cause as NodeJS.ErrnoException;
    post({ kind: 'failure', cause: { message, code } });
  }
}

async function readAll(path: string, found: Found): Promise<TraceFacts> {
  const source = new TraceSource(path, true);
  const reader = new TraceReader(source, found);
  for await (const block of source.blocks()) {
    found.progress = source.progress;
    for (const piece of piecesOf(block)) reader.push(piece);
  }
  reader.end();
  return factsOf(source, reader);
}

function readPart(
  path: string,
  part: Part,
  found: Found,
  post: (message: Message) => void,
): TraceFacts | undefined {
  try {
    const reader = new PartReader(path, new ListReader(found), found, post);
    try {
      const facts = reader.read(part);
      return facts && factsOfPlain(path, facts);
    } finally {
      reader.close();
    }
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/** What is known of a trace in plain JSON. */
export function factsOfPlain(path: string, facts: TextFacts): TraceFacts {
  return {
    name: path,
    gzipped: false,
    isPerfetto: false,
    membersOfGzip: 'unknown',
    unread: {},
    ...facts,
  };
}

/** Collects what is found, until a slot is full. */
export class Found implements ListHandlers {
  readonly wantsText: ListHandlers['wantsText'];
  progress: Progress = { read: 0, size: undefined };
  /** Whether something was found that is wrong with the list, or around it. */
  hasProblem = false;
  readonly #ring: Ring;
  readonly #waitForSlot: (message: number) => void;
  readonly #post: (message: Message) => void;
  /** The slots, as batches. */
  readonly #slots: readonly EventBatch[];
  #messages = 0;
  /** Of the message that is being filled: */
  #steps: Step[] = [];
  #stepBytes = 0;
  #rows = 0;
  /** Bytes of the slot, or of what is there in its place, that are taken. */
  #used = 0;
  #largeBytes: SharedArrayBuffer | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  /** All names and categories, and how many of them were handed over. */
  #texts: Texts['texts'] = [];
  #textsDone = 0;

  /** @param waitForSlot Returns when there is room for the message of that number. */
  constructor(
    ring: Ring,
    wantsTexts: boolean,
    waitForSlot: (message: number) => void,
    post: (message: Message) => void,
  ) {
    this.wantsText = wantsTexts ? undefined : NO_TEXT;
    this.#ring = ring;
    this.#waitForSlot = waitForSlot;
    this.#post = post;
    const none = { texts: [] };
    this.#slots = ring.slots.map(({ columns }) => new EventBatch(none, columns));
  }

  readonly onBatch = (batch: EventBatch): void => {
    const { count, index, from, to } = batch;
    const isRoom = this.#rows + count <= BATCH_ROWS && this.#used + to - from <= SLOT_BYTES;
    if (this.#rows > 0 && !isRoom) this.flush();
    if (this.#rows === 0) this.#beginRows(to - from);
    this.#texts = batch.strings.texts;
    this.#copyRows(batch);
    this.#bytes.set(batch.bytes.subarray(from, to), this.#used);
    this.#used += to - from;
    const last = this.#steps.at(-1);
    if (last?.kind === 'rows' && last.index + last.count === index) last.count += count;
    else this.#steps.push({ kind: 'rows', first: this.#rows, index, count });
    this.#rows += count;
  };

  onText(text: EventText): void {
    this.#add({ kind: 'text', text }, text.text.length);
  }

  onProblem(problem: ContainerProblem): void {
    this.hasProblem = true;
    this.#add({ kind: 'problem', problem }, problem.message.length);
  }

  onFirstBytes(bytes: Uint8Array): void {
    this.#add({ kind: 'first bytes', bytes: Uint8Array.from(bytes) }, bytes.length);
  }

  /** Hands over what was found so far. */
  flush(): void {
    if (this.#steps.length === 0) return;
    this.#waitForSlot(this.#messages);
    this.#post({
      kind: 'found',
      steps: this.#steps,
      texts: this.#texts.slice(this.#textsDone),
      largeBytes: this.#largeBytes,
      progress: this.progress,
    });
    this.#messages++;
    this.#steps = [];
    this.#stepBytes = 0;
    this.#rows = 0;
    this.#largeBytes = undefined;
    this.#textsDone = this.#texts.length;
  }

  /** The slots are used from the first on again. Nothing may be on its way. */
  beginAgain(): void {
    this.#messages = 0;
  }

  #add(step: Step, bytes: number): void {
    this.#steps.push(step);
    this.#stepBytes += bytes + STEP_BYTES;
    if (this.#stepBytes > SLOT_BYTES) this.flush();
  }

  #beginRows(bytes: number): void {
    this.#waitForSlot(this.#messages);
    this.#used = 0;
    if (bytes > SLOT_BYTES) this.#largeBytes = new SharedArrayBuffer(bytes);
    const { slots } = this.#ring;
    this.#bytes = new Uint8Array(this.#largeBytes ?? slots[this.#messages % slots.length].bytes);
  }

  /** Adds the rows of a batch to those of the slot. Places in the text are places in the slot's then. */
  #copyRows(batch: EventBatch): void {
    const { count, from } = batch;
    const slot = this.#slots[this.#messages % this.#slots.length];
    const first = this.#rows;
    for (const [i, column] of batch.columns.entries()) {
      slot.columns[i].set(column.subarray(0, count), first);
    }
    const moved = this.#used - from;
    for (let row = first; row < first + count; row++) {
      slot.start[row] += moved;
      slot.end[row] += moved;
      slot.idStart[row] += moved;
      slot.idEnd[row] += moved;
      slot.argsStart[row] += moved;
      slot.argsEnd[row] += moved;
    }
  }
}
