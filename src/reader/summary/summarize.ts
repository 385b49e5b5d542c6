import { UNNAMED } from '../../trace-event/defaults.js';
import { OWN_CATEGORY } from '../../trace-event/lineage.js';
import { isAsync, isSlice } from '../../trace-event/phases.js';
import { isReadAhead, readAhead } from '../ahead/read-ahead.js';
import { ownCategory } from '../source/argument-texts.js';
import { losesEvent } from '../source/container-problem.js';
import { isObject, type TraceEntry, textOf } from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';
import { NO_TEXT } from '../source/list-reader.js';
import { isFile, type Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { AsyncTimeline } from '../timeline/async-timeline.js';
import type { EarlyVisitor } from '../timeline/early-replay.js';
import { isPlainSlice, PlainEvents } from '../timeline/plain-events.js';
import { StringTable } from '../timeline/string-table.js';
import { ThreadTimeline } from '../timeline/thread-timeline.js';
import { type ProcessOrThread, TimeScale } from '../timeline/timed-event.js';
import { type EventAt, readEventsAt } from './arguments.js';
import { BusyTimes } from './busy-times.js';
import { CallTables } from './call-tables.js';
import { Counters } from './counters.js';
import { Names } from './names.js';
import type { SliceSummary, Summary, SummaryOptions } from './summary.js';

const [BEGIN] = Buffer.from('b');

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
  const summarizer = new Summarizer(options, isReadAhead(input));
  let damaged = 0;
  try {
    const facts = await readAhead(input, {
      onEntry: (entry) => summarizer.take(entry),
      onBatch: (batch) => summarizer.takeBatch(batch),
      wantsText: summarizer.wantsTexts ? undefined : NO_TEXT,
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
    if (nameOf(event) !== nameOf(slice)) return slice;
    const args = event?.args;
    const own = slice.kind === 'async' && isObject(args) ? args[OWN_CATEGORY] : undefined;
    return { ...slice, category: typeof own === 'string' ? own : slice.category, args };
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
  readonly #names = new Names();
  #tables: CallTables;
  /** When threads were busy, where it was told before it is known when the trace begins and ends. */
  #busy: BusyTimes | undefined;
  readonly #visitor: EarlyVisitor = {
    slice: (slice) => {
      this.#tables.takeSlice(slice, this.#idsOf(slice.event.thread));
      // Threads have to come one after the other then, as where nothing is told ahead.
      if (this.#tables.isTreeFull && this.#busy !== undefined) throw new Error('too many places');
    },
    busy: (thread, from, to) => {
      if (this.#busy === undefined) this.#tables.takeBusy(this.#idsOf(thread), from, to);
      else if (!this.#busy.add(thread, from, to)) throw new Error('too many to be kept');
    },
    restart: () => {
      this.#tables = this.#newTables();
      // What is told from now on, comes when all is known.
      this.#busy = undefined;
    },
  };
  readonly #threads: ThreadTimeline;
  readonly #asyncs = new AsyncTimeline(this.#strings);
  readonly #plain: PlainEvents;
  readonly #counters = new Counters();
  #start = Number.POSITIVE_INFINITY;
  #end = Number.NEGATIVE_INFINITY;
  /** Whether it is known when the trace begins and ends. */
  #isRead = false;

  /**
   * @param isReadAhead Whether another thread reads, so that this one has time to go over events
   * meanwhile.
   */
  constructor(options: SummaryOptions, isReadAhead: boolean) {
    this.#options = options;
    this.#tables = this.#newTables();
    this.#threads = new ThreadTimeline(this.#strings, isReadAhead ? this.#visitor : undefined);
    if (isReadAhead) this.#busy = new BusyTimes();
    this.#plain = new PlainEvents(this.#strings, this.#scale, this.#threads);
  }

  /** Whether it looks at the texts of operations: their own categories may stand in their arguments. */
  get wantsTexts(): boolean {
    return this.#options.by === 'category';
  }

  takeBatch(batch: EventBatch): void {
    const plain = this.#plain;
    for (let row = 0; row < batch.count; row++) {
      if (isPlainSlice(batch, row)) {
        plain.addSlice(batch, row);
        if (plain.start < this.#start) this.#start = plain.start;
        if (plain.end > this.#end) this.#end = plain.end;
      } else {
        const wantsCategory = this.wantsTexts && batch.ph[row] === BEGIN;
        const { bytes, start, end } = batch;
        const category = wantsCategory ? ownCategory(bytes, start[row], end[row]) : undefined;
        this.#take(plain.entry(batch, row), category);
      }
    }
  }

  take(entry: TraceEntry): void {
    const bytes = Buffer.from(this.wantsTexts && entry.event?.ph === 'b' ? textOf(entry) : '');
    this.#take(entry, ownCategory(bytes, 0, bytes.length));
  }

  #take(entry: TraceEntry, category: string | undefined): void {
    if (entry.event?.ph === 'M') this.#names.take(entry.event);
    const timed = this.#scale.place(entry);
    if (timed === undefined) return;
    this.#start = Math.min(this.#start, timed.start);
    this.#end = Math.max(this.#end, timed.end);
    if (timed.ph === 'C') this.#counters.take(timed.pid, timed.name, timed.event);
    else if (isSlice(timed.ph)) this.#threads.add(timed);
    else if (isAsync(timed.ph) && timed.ph !== 'n') this.#asyncs.add(timed, category);
  }

  finish(file: string): Found {
    this.#isRead = true;
    this.#setRange(this.#tables);
    this.#threads.replay(this.#visitor, file);
    this.#busy?.replay((thread, from, to) => this.#tables.takeBusy(this.#idsOf(thread), from, to));
    this.#asyncs.replay({ operation: (operation) => this.#tables.takeOperation(operation) });
    return {
      ...this.#tables.finish(),
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

  #newTables(): CallTables {
    const tables = new CallTables(this.#options, this.#strings, this.#names);
    // It may turn out at the very end that all has to be gone over again.
    if (this.#isRead) this.#setRange(tables);
    return tables;
  }

  #setRange(tables: CallTables): void {
    const isEmpty = this.#start > this.#end;
    tables.setRange(isEmpty ? 0 : this.#start, isEmpty ? 0 : this.#end);
  }

  #idsOf(thread: number): readonly [pid: ProcessOrThread, tid: ProcessOrThread] {
    return this.#threads.threadIds(thread);
  }
}
