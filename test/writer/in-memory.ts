import { Arena } from '#dist/arena/arena.js';
import { RECORDING_ON, SLOT_STATE } from '#dist/arena/layout.js';
import { ChromeJson } from '#dist/format/chrome-json.js';
import { CategoryFilter } from '#dist/record/category-filter.js';
import type { Overflow } from '#dist/record/chunk-writer.js';
import { Recorder } from '#dist/record/recorder.js';
import { IdSource } from '#dist/writer/ids.js';
import type { Sink } from '#dist/writer/sink.js';
import { TraceWriter } from '#dist/writer/trace-writer.js';

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
  readonly writer: TraceWriter;
  readonly #overflow: Overflow;
  #kept = '';
  #tail = '';

  constructor(chunks: number, overflow: Overflow = 'drop') {
    this.#overflow = overflow;
    this.arena = Arena.allocate(chunks * CHUNK_BYTES);
    this.arena.int32[SLOT_STATE] = RECORDING_ON;
    this.writer = new TraceWriter(this.arena, {
      format: new ChromeJson(0, true),
      sink: this.#sink(),
      pid: 1,
      ids: new IdSource(1, 0),
      base: performance.now(),
      parts: undefined,
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
    return {
      get size() {
        return size();
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
