import { UNNAMED } from '../../trace-event/defaults.js';
import { isAsync, isSlice } from '../../trace-event/phases.js';
import { readAhead } from '../ahead/read-ahead.js';
import type { TraceEntry } from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';
import { losesEvent } from '../source/event-splitter.js';
import { NO_TEXT } from '../source/list-reader.js';
import { isFile, type Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { AsyncTimeline } from '../timeline/async-timeline.js';
import { PlainEvents } from '../timeline/plain-events.js';
import { StringTable } from '../timeline/string-table.js';
import { ThreadTimeline } from '../timeline/thread-timeline.js';
import { TimeScale } from '../timeline/timed-event.js';
import { type EventAt, readEventsAt } from './arguments.js';
import { CallTables } from './call-tables.js';
import { Counters } from './counters.js';
import { Names } from './names.js';
import type { SliceSummary, Summary, SummaryOptions } from './summary.js';

/** What comes of the events, and not of the file. */
type Found = Omit<Summary, 'file' | 'events' | 'truncated' | 'damaged' | 'unread'>;

/**
 * Where the time went in a trace. Memory grows with the names, threads and series in it, and not
 * with its events. Rejects with a TraceReadError where nothing can be read.
 */
export async function summarize(
  input: TraceInput,
  options: SummaryOptions,
  onProgress?: (progress: Progress) => void,
): Promise<Summary> {
  const summarizer = new Summarizer(options);
  let damaged = 0;
  try {
    const facts = await readAhead(input, {
      onEntry: (entry) => summarizer.take(entry),
      onBatch: (batch) => summarizer.takeBatch(batch),
      wantsText: NO_TEXT,
      onProblem: ({ rule }) => {
        if (losesEvent(rule)) damaged++;
      },
      onProgress,
    });
    const { name: file, events, truncated, unread } = facts;
    const found = summarizer.finish(file);
    const listed = isFile(input) ? await withArguments(found, file) : found;
    return { file, events, truncated, damaged, unread, ...listed };
  } finally {
    summarizer.close();
  }
}

/** Adds the arguments of what is listed one by one: they are not kept while a trace is read. */
async function withArguments(found: Found, path: string): Promise<Found> {
  const { longest, unfinished } = found;
  const offsets = [...longest, ...unfinished].map(({ offset }) => offset);
  const events = await readEventsAt(path, offsets);
  if (events === undefined) return found;
  const add = (slice: SliceSummary): SliceSummary => {
    const event = events.get(slice.offset);
    // Another one if the file was replaced meanwhile.
    return nameOf(event) === nameOf(slice) ? { ...slice, args: event?.args } : slice;
  };
  return {
    ...found,
    longest: longest.map(add),
    unfinished: unfinished.map(add),
    argumentsRead: true,
  };
}

/** Operations of Perfetto's format get a name where they have none. */
function nameOf(event: EventAt | undefined): unknown {
  return event?.name || UNNAMED;
}

/** Takes the events of a trace, and then goes over what they make on the timelines. */
class Summarizer {
  readonly #options: SummaryOptions;
  readonly #strings = new StringTable();
  readonly #scale = new TimeScale();
  readonly #threads = new ThreadTimeline(this.#strings);
  readonly #asyncs = new AsyncTimeline(this.#strings);
  readonly #plain = new PlainEvents(this.#strings, this.#scale, this.#threads);
  readonly #names = new Names();
  readonly #counters = new Counters();
  #start = Number.POSITIVE_INFINITY;
  #end = Number.NEGATIVE_INFINITY;

  constructor(options: SummaryOptions) {
    this.#options = options;
  }

  takeBatch(batch: EventBatch): void {
    const plain = this.#plain;
    for (let row = 0; row < batch.count; row++) {
      if (plain.isSlice(batch, row)) {
        plain.addSlice(batch, row);
        if (plain.start < this.#start) this.#start = plain.start;
        if (plain.end > this.#end) this.#end = plain.end;
      } else this.take(plain.entry(batch, row));
    }
  }

  take(entry: TraceEntry): void {
    if (entry.event?.ph === 'M') this.#names.take(entry.event);
    const timed = this.#scale.place(entry);
    if (timed === undefined) return;
    this.#start = Math.min(this.#start, timed.start);
    this.#end = Math.max(this.#end, timed.end);
    if (timed.ph === 'C') this.#counters.take(timed.pid, timed.name, timed.event);
    else if (isSlice(timed.ph)) this.#threads.add(timed);
    else if (isAsync(timed.ph) && timed.ph !== 'n') this.#asyncs.add(timed);
  }

  finish(file: string): Found {
    const isEmpty = this.#start > this.#end;
    const [start, end] = isEmpty ? [0, 0] : [this.#start, this.#end];
    const tables = new CallTables(this.#options, this.#strings, this.#names, start, end);
    const idsOf = (thread: number) => this.#threads.threadIds(thread);
    this.#threads.replay(
      {
        slice: (slice) => tables.takeSlice(slice, idsOf(slice.event.thread)),
        busy: (thread, from, to) => tables.takeBusy(idsOf(thread), from, to),
      },
      file,
    );
    this.#asyncs.replay({ operation: (operation) => tables.takeOperation(operation) });
    return {
      ...tables.finish(),
      counters: this.#counters.summaries(),
      unplaced: this.#scale.unplaced,
      argumentsRead: false,
    };
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    this.#threads.close();
    this.#asyncs.close();
  }
}
