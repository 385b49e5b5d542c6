import { EntryParser, type TraceEntry } from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';

const OPEN = Buffer.from('[');
const SEPARATOR = Buffer.from(',\n');
/** Events are read when there is so much of them. */
const READ_BYTES = 64 * 1024;

/** Reads events that come as JSON, one by one, many at once: as if they stood in a file. */
export class EventQueue {
  readonly #parser: EntryParser;
  #pieces: Uint8Array[] = [OPEN];
  #length = 0;
  #isFirst = true;

  /** @param name Of the trace, for errors. */
  constructor(
    name: string,
    to: { takeBatch(batch: EventBatch): void; takeEntry(entry: TraceEntry): void },
  ) {
    this.#parser = new EntryParser(name, {
      onEntry: (entry) => to.takeEntry(entry),
      onBatch: (batch) => to.takeBatch(batch),
      onProblem: () => {},
    });
  }

  add(event: string | Uint8Array): void {
    if (!this.#isFirst) this.#pieces.push(SEPARATOR);
    this.#isFirst = false;
    const bytes = Buffer.from(event);
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= READ_BYTES) this.#read();
  }

  end(): void {
    if (this.#isFirst) return;
    this.#read();
    this.#parser.end();
  }

  #read(): void {
    this.#parser.push(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#length = 0;
  }
}
