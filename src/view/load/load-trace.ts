import { basename } from 'node:path';
import { readAhead } from '../../reader/ahead/read-ahead.js';
import { losesEvent } from '../../reader/source/container-problem.js';
import {
  type EntryHandlers,
  readSource,
  type TraceEntry,
  type TraceFacts,
} from '../../reader/source/entries.js';
import type { EventBatch } from '../../reader/source/event-batch.js';
import {
  isFile,
  isRereadable,
  isTranslated,
  type Progress,
  pathOf,
  TraceSource,
} from '../../reader/source/source.js';
import type { TraceInput } from '../../reader/source/trace-input.js';
import type { ModelData } from '../model/model-data.js';
import { Collector } from './collector.js';
import type { EndPlaces } from './end-places.js';
import { SpillFile } from './spill-file.js';
import { NamedFile, type UnpackedFile } from './unpacked-file.js';

/** A trace in memory. */
export interface LoadedTrace {
  readonly data: ModelData;
  readonly ends: EndPlaces;
  /** Offsets are places in it. It has to be closed. */
  readonly file: UnpackedFile;
}

/**
 * Reads a trace into the columns of a model. Arguments are not kept: they are read again from the file,
 * and from a copy of what is packed, or comes through a pipe.
 *
 * @param signal Ends it while it waits for a pipe from which nothing comes.
 * @throws {TraceReadError} where it cannot be read, or is no trace.
 */
export async function loadTrace(
  input: TraceInput,
  onProgress?: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<LoadedTrace> {
  const collector = new Collector();
  let damaged = 0;
  const handlers: EntryHandlers = {
    onEntry: (entry) => collector.take(entry),
    onBatch: (batch) => collector.takeBatch(batch),
    onProblem: ({ rule }) => {
      if (losesEvent(rule)) damaged++;
    },
    onProgress,
  };
  const path = isFile(input) ? pathOf(input) : undefined;
  const isPlain = path !== undefined && isRereadable(path) && !isTranslated(path);
  const spill = isPlain ? undefined : new SpillFile();
  const named = isPlain ? new NamedFile(path) : undefined;
  try {
    const read =
      spill === undefined ? readAhead(input, handlers) : copy(input, spill, handlers, signal);
    const { events, truncated, unread, isPerfetto } = await read;
    const name = path === undefined ? 'standard input' : basename(path);
    const data = collector.finish({ name, events, truncated, damaged, unread, isPerfetto });
    return { data, ends: collector.ends, file: spill ?? (named as NamedFile) };
  } catch (error) {
    spill?.close();
    throw error;
  } finally {
    collector.close();
  }
}

/** Reads a trace, and makes a copy of its JSON. */
async function copy(
  input: TraceInput,
  spill: SpillFile,
  handlers: EntryHandlers,
  signal: AbortSignal | undefined,
): Promise<TraceFacts> {
  const source = new CopiedSource(input, spill);
  const events = new CopiedEvents(spill);
  const abort = (): void => source.close();
  signal?.addEventListener('abort', abort);
  try {
    const facts = await readSource(source, {
      ...handlers,
      onEntry: (entry) => handlers.onEntry(source.isPerfetto ? events.entry(entry) : entry),
      onBatch: (batch) => handlers.onBatch?.(source.isPerfetto ? events.batch(batch) : batch),
    });
    if (facts.isPerfetto) events.end();
    return facts;
  } finally {
    // A file that is followed is read again and again.
    signal?.removeEventListener('abort', abort);
  }
}

/** The bytes of a trace, of which a copy is made as they are read. What is no JSON is left to its events. */
class CopiedSource extends TraceSource {
  readonly #spill: SpillFile;

  constructor(input: TraceInput, spill: SpillFile) {
    super(input);
    this.#spill = spill;
  }

  override async *blocks(): AsyncGenerator<Buffer> {
    for await (const block of super.blocks()) {
      if (!this.isPerfetto) this.#spill.write(block);
      yield block;
    }
  }
}

/** Writes events as JSON, and says that they stand where they were written. */
class CopiedEvents {
  readonly #spill: SpillFile;

  constructor(spill: SpillFile) {
    this.#spill = spill;
  }

  entry(entry: TraceEntry): TraceEntry {
    return { ...entry, offset: this.#write(entry.text) };
  }

  batch(batch: EventBatch): EventBatch {
    const { bytes, from, to, start, offset, count } = batch;
    const moved = this.#write(bytes.subarray(from, to)) - from;
    for (let row = 0; row < count; row++) offset[row] = start[row] + moved;
    return batch;
  }

  end(): void {
    this.#spill.write(this.#spill.length === 0 ? '[]\n' : '\n]\n');
  }

  #write(json: Uint8Array | string): number {
    this.#spill.write(this.#spill.length === 0 ? '[\n' : ',\n');
    const { length } = this.#spill;
    this.#spill.write(json);
    return length;
  }
}
