import { gunzipSync } from 'node:zlib';
import type { Packing } from '#src/encoding/packing/packing.js';
import { Arena } from '#src/recorder/arena/arena.js';
import { RECORDING_ON, SLOT_CHECKPOINT, SLOT_STATE } from '#src/recorder/arena/layout.js';
import { IdSource } from '#src/recorder/assemble/ids.js';
import type { FormatSetup, TraceFormat } from '#src/recorder/format/format.js';
import { createFormat, type FormatName, framingOf } from '#src/recorder/format/formats.js';
import { CategoryFilter } from '#src/recorder/record/category-filter.js';
import type { Overflow } from '#src/recorder/record/chunk-writer.js';
import { Recorder } from '#src/recorder/record/recorder.js';
import { FileSink } from '#src/recorder/writer/file-sink.js';
import { allocateJournal, Journal } from '#src/recorder/writer/journal.js';
import { PackedFile } from '#src/recorder/writer/packed-file.js';
import type { Sink, SinkState } from '#src/recorder/writer/sink.js';
import { TraceWriter } from '#src/recorder/writer/trace-writer.js';
import { MemoryDisk } from './memory-disk.js';

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
/** What stands in the file before the writer comes to it. */
const HEADER =
  '[{"name":"process_name","cat":"__metadata","ph":"M","ts":0,"pid":1,"tid":1,"args":{"name":"test"}}';
const SETUP: FormatSetup = {
  pid: 1,
  run: 'test',
  firstId: 0,
  start: {
    recorder: 'tracelane',
    clock: 'relative',
    wallMicroseconds: 0,
    node: 'v1',
    platform: 'test',
  },
};

/** A recorder, an arena and a writer in one thread: what goes in, and the file that comes out. */
export class InMemory {
  readonly arena: Arena;
  writer: TraceWriter;
  readonly #overflow: Overflow;
  readonly #maxOpen: number;
  readonly #base = performance.now();
  readonly #begun: SinkState;
  readonly #journal = allocateJournal();
  readonly #packing: Packing | undefined;
  readonly #formatName: FormatName;
  readonly #header: Uint8Array;
  readonly disk: MemoryDisk;

  /** `packing`: that of gzip, if any. */
  constructor(
    chunks: number,
    overflow: Overflow = 'drop',
    maxOpen = 1000,
    packing?: Packing,
    formatName: FormatName = 'json',
  ) {
    this.#packing = packing;
    this.#formatName = formatName;
    this.#header = Buffer.from(HEADER);
    if (formatName === 'perfetto') {
      const format = this.#newFormat();
      format.begin('test', SETUP.start);
      this.#header = new Uint8Array(format.bytes());
    }
    this.disk = new MemoryDisk('');
    this.#overflow = overflow;
    this.arena = Arena.allocate(chunks * CHUNK_BYTES, [1, 2], 1);
    this.arena.int32[SLOT_STATE] = RECORDING_ON;
    this.#maxOpen = maxOpen;
    this.#begun = this.#begin();
    this.writer = this.#newWriter(this.#openJournal(), this.#begun);
  }

  /** Another writer goes on in place of this one, as if its thread had just been ended. */
  replaceWriter(): void {
    const journal = this.#openJournal();
    const left = journal.read();
    this.writer = this.#newWriter(journal, left?.checkpoint.file.sink ?? this.#begun);
    if (left !== undefined) this.writer.resume(left);
  }

  /** How long the last checkpoint is. */
  get checkpointBytes(): number {
    const half = this.arena.int32[SLOT_CHECKPOINT] - 1;
    const memory = this.#journal?.checkpoints[half];
    return memory === undefined ? 0 : new Uint32Array(memory, 0, 1)[0];
  }

  /** How much memory notes have taken. */
  get noteBytes(): number {
    const sizes = this.#journal?.notes.map(({ byteLength }) => byteLength) ?? [];
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  #openJournal(): Journal {
    if (this.#journal === undefined) throw new Error('no memory for a journal');
    return new Journal(this.arena.int32, this.#journal);
  }

  /** What stands in the file before the writer comes to it. */
  #begin(): SinkState {
    const sink = this.#newSink({ kept: 0 });
    sink.append(this.#header, []);
    this.disk.operations.length = 0;
    return sink.save();
  }

  #newFormat(): TraceFormat {
    return createFormat(this.#formatName, SETUP);
  }

  #newSink(state: SinkState): Sink {
    const framing = framingOf(this.#formatName);
    return this.#packing === undefined
      ? new FileSink(this.disk, state.kept, framing)
      : new PackedFile(this.disk, state, framing, this.#packing);
  }

  #newWriter(journal: Journal, state: SinkState): TraceWriter {
    return new TraceWriter(this.arena, {
      format: this.#newFormat(),
      sink: this.#newSink(state),
      header: this.#header,
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

  /** The file as it stands, unpacked. */
  get text(): string {
    return this.#packing === undefined ? this.disk.text : gunzipSync(this.disk.bytes).toString();
  }

  /** The events in it, without metadata. */
  get events(): readonly WrittenEvent[] {
    const all: WrittenEvent[] = JSON.parse(this.text);
    return all.filter(({ ph }) => ph !== 'M');
  }
}
