import { Arena } from '#src/recorder/arena/arena.js';
import { RECORDING_ON, SLOT_STATE } from '#src/recorder/arena/layout.js';
import { IdSource } from '#src/recorder/assemble/ids.js';
import { ChromeJson } from '#src/recorder/format/chrome-json.js';
import { CategoryFilter } from '#src/recorder/record/category-filter.js';
import type { Overflow } from '#src/recorder/record/chunk-writer.js';
import { Recorder } from '#src/recorder/record/recorder.js';
import { allocateJournal, Journal } from '#src/recorder/writer/journal.js';
import type { Sink } from '#src/recorder/writer/sink.js';
import { TraceWriter } from '#src/recorder/writer/trace-writer.js';

export interface WrittenEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const CHUNK_BYTES = 64 * 1024;

/** A recorder, an arena and a writer in one thread: what goes in, and the file that comes out. */
export class InMemory {
  readonly arena: Arena;
  writer: TraceWriter;
  readonly #overflow: Overflow;
  readonly #maxOpen: number;
  readonly #base = performance.now();
  readonly #journal = allocateJournal();
  #kept = '';
  #tail = '';

  constructor(chunks: number, overflow: Overflow = 'drop', maxOpen = 1000) {
    this.#overflow = overflow;
    this.arena = Arena.allocate(chunks * CHUNK_BYTES);
    this.arena.int32[SLOT_STATE] = RECORDING_ON;
    this.#maxOpen = maxOpen;
    this.writer = this.#newWriter(this.#openJournal());
  }

  /** Another writer goes on in place of this one, as if its thread had just been ended. */
  replaceWriter(): void {
    const journal = this.#openJournal();
    const left = journal.read();
    this.#kept = left === undefined ? '' : this.text.slice(0, left.checkpoint.file.kept);
    this.writer = this.#newWriter(journal);
    if (left !== undefined) this.writer.resume(left);
  }

  #openJournal(): Journal {
    if (this.#journal === undefined) throw new Error('no memory for a journal');
    return new Journal(this.arena.int32, this.#journal);
  }

  #newWriter(journal: Journal): TraceWriter {
    return new TraceWriter(this.arena, {
      format: new ChromeJson(0, this.#kept === ''),
      sink: this.#sink(),
      pid: 1,
      ids: new IdSource(1, 0),
      base: this.#base,
      parts: undefined,
      maxOpen: this.#maxOpen,
      journal,
    });
  }

  /** A recorder as another thread would have it. */
  thread(tid: number, immediate = false): Recorder {
    return new Recorder(this.arena, new CategoryFilter('*'), {
      tid,
      threadName: `thread ${tid}`,
      parentTid: 0,
      overflow: this.#overflow,
      immediate,
    });
  }

  /** The file as it stands. */
  get text(): string {
    return this.#kept + this.#tail;
  }

  /** The events in it, without metadata. */
  get events(): readonly WrittenEvent[] {
    const all: WrittenEvent[] = JSON.parse(this.text);
    return all.filter(({ ph }) => ph !== 'M');
  }

  #sink(): Sink {
    const size = () => Buffer.byteLength(this.text);
    // Names in these tests are ASCII, so that characters are bytes.
    const kept = () => this.#kept.length;
    return {
      get size() {
        return size();
      },
      get kept() {
        return kept();
      },
      write: (bytes, keep) => {
        this.#kept += Buffer.from(bytes.subarray(0, keep)).toString();
        this.#tail = Buffer.from(bytes.subarray(keep)).toString();
      },
      restore: (closing) => {
        this.#tail = Buffer.from(closing).toString();
      },
      end() {},
    };
  }
}
