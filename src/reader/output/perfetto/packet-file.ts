import type { TraceEntry } from '../../source/entries.js';
import type { EventBatch } from '../../source/event-batch.js';
import type { BlockFile } from '../block-file.js';
import { EventQueue } from '../event-queue.js';
import type { TraceFile } from '../trace-file.js';
import { inTurns } from '../turns.js';
import { Drawing } from './draw.js';
import { Gatherer } from './gather.js';

/** Writes a trace in Perfetto's format. All of it is sorted first, in memory that does not grow. */
export class PacketFile implements TraceFile {
  readonly #file: BlockFile;
  readonly #name: string;
  readonly #gatherer = new Gatherer();
  readonly #queue: EventQueue;
  #overlapping = 0;

  /** @param name Of the trace that is read, for errors. */
  constructor(file: BlockFile, name: string) {
    this.#file = file;
    this.#name = name;
    this.#queue = new EventQueue(name, this);
  }

  get events(): number {
    return this.#gatherer.events;
  }

  get size(): number {
    return this.#file.size;
  }

  get leftOut(): ReadonlyMap<string, number> {
    return this.#gatherer.leftOut.counts;
  }

  /** Slices and operations that overlap others: they stand on tracks of their own. */
  get overlapping(): number {
    return this.#overlapping;
  }

  takeBatch(batch: EventBatch): void {
    this.#gatherer.takeBatch(batch);
  }

  takeEntry(entry: TraceEntry): void {
    this.#gatherer.takeEntry(entry);
  }

  write(event: string | Uint8Array): void {
    this.#queue.add(event);
  }

  async end(members: ReadonlyMap<string, unknown> = new Map()): Promise<void> {
    this.#queue.end();
    await inTurns(this.#gatherer.finish(members, this.#name));
    const drawing = new Drawing(this.#gatherer, (bytes) => this.#file.put(bytes));
    await inTurns(drawing.draw());
    this.#overlapping = drawing.overlapping;
    this.#file.end();
  }

  /** Can be called again. */
  close(): void {
    this.#gatherer.close();
    this.#file.close();
  }
}
