import { MAX_JSON_DEPTH } from '../../trace-event/numbers.js';
import type { ContainerProblem, ContainerRule } from './container-problem.js';
import type { EventBatch } from './event-batch.js';
import { withExactIds } from './exact-ids.js';
import { isTooDeep } from './json-depth.js';
import {
  type EventText,
  type ListHandlers,
  ListReader,
  NO_TEXT,
  piecesOf,
  type TextFacts,
} from './list-reader.js';
import { MEND_MESSAGES, mend } from './mend-event.js';
import { type FlowPhases, FlowTimes } from './perfetto/flow-phases.js';
import { PerfettoReader } from './perfetto/perfetto-reader.js';
import { TraceReadError } from './read-error.js';
import { type Progress, TraceSource } from './source.js';
import type { TraceInput } from './trace-input.js';
import { TraceReader } from './trace-reader.js';
import type { Unread } from './unread.js';

/** An event as the file has it: any field may be missing, or of any type. */
export interface RawEvent {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly cat?: unknown;
  readonly args?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly id?: unknown;
  readonly id2?: unknown;
  readonly bind_id?: unknown;
  readonly flow_in?: unknown;
  readonly flow_out?: unknown;
  readonly s?: unknown;
  readonly bp?: unknown;
  readonly [field: string]: unknown;
}

/** One element of the list of events, whether it is an event or not. */
export interface TraceEntry {
  /** Its place in the list, from 0. */
  readonly index: number;
  /** Byte of the unpacked file at which it begins. */
  readonly offset: number;
  readonly text: string;
  /**
   * Undefined if the text is JSON that is no object, is too deep, or is no JSON and it cannot be told
   * what is meant.
   */
  readonly event: RawEvent | undefined;
  /** Whether the event says something else than the text as it stands. */
  readonly mended: boolean;
  /** Whether it has bytes that are not UTF-8. */
  readonly badUtf8: boolean;
}

/** What is called while a trace is read. */
export interface EntryHandlers {
  readonly onEntry: (entry: TraceEntry) => void;
  /**
   * Takes the events that are plain, many at once, instead of `onEntry`: without an object for each.
   * Entries and batches come in the order of the file.
   */
  readonly onBatch?: ((batch: EventBatch) => void) | undefined;
  /** See {@link ListHandlers.wantsText}. */
  readonly wantsText?: ListHandlers['wantsText'];
  readonly onProblem: (problem: ContainerProblem) => void;
  /**
   * Takes the problem because of which no events can be found. Without this handler, it ends the
   * reading with a TraceReadError.
   */
  readonly onNoTrace?: ((problem: ContainerProblem) => void) | undefined;
  /**
   * Takes the first bytes, unpacked, before the entries in them: FIRST_BYTES at the most. They may come
   * piece by piece.
   */
  readonly onFirstBytes?: ((bytes: Uint8Array) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Whether the events are handed on. Then it matters which point of a flow is its start: a trace in
   * Perfetto's format does not say that, and is read once more, before, to see which one comes first in
   * time.
   */
  readonly handsOn?: boolean | undefined;
}

/** What is known of a trace once it was read. */
export interface TraceFacts extends TextFacts {
  readonly name: string;
  readonly gzipped: boolean;
  readonly isPerfetto: boolean;
  /** What a trace in Perfetto's format has besides track events, and how many packets of each. */
  readonly unread: Unread;
  readonly membersOfGzip: TraceSource['membersOfGzip'];
}

/** Where these are broken, no events can be found. */
const FATAL_RULES: ReadonlySet<string> = new Set(['container-start', 'container-array']);

interface Parsed {
  readonly event: RawEvent;
  readonly mended: boolean;
}

/** Makes entries of what is found in the list of events. */
export class EntryMaker implements ListHandlers {
  readonly #name: string;
  readonly #handlers: EntryHandlers;
  readonly onBatch: EntryHandlers['onBatch'];
  readonly wantsText: EntryHandlers['wantsText'];
  readonly onFirstBytes: EntryHandlers['onFirstBytes'];

  /** @param name Of the trace, for errors. */
  constructor(name: string, handlers: EntryHandlers) {
    this.#name = name;
    this.#handlers = handlers;
    this.onBatch = handlers.onBatch;
    this.wantsText = handlers.wantsText;
    this.onFirstBytes = handlers.onFirstBytes;
  }

  onProblem(problem: ContainerProblem): void {
    const { onProblem, onNoTrace } = this.#handlers;
    if (!FATAL_RULES.has(problem.rule)) onProblem(problem);
    else if (onNoTrace !== undefined) onNoTrace(problem);
    else throw noTrace(this.#name, problem);
  }

  onText({ index, offset, text, badUtf8 }: EventText): void {
    const parsed = this.#parse(text, offset);
    const event = parsed === undefined ? undefined : withExactIds(parsed.event, text);
    if (event !== parsed?.event) this.#problem('large-id', offset, 'an id is beyond 2^53');
    const mended = parsed !== undefined && (parsed.mended || event !== parsed.event);
    this.#handlers.onEntry({ index, offset, text, event, mended, badUtf8 });
  }

  #parse(text: string, offset: number): Parsed | undefined {
    if (isTooDeep(text)) {
      const message = `there are more than ${MAX_JSON_DEPTH} brackets in one another`;
      this.#problem('event-depth', offset, message);
      return undefined;
    }
    try {
      const value: unknown = JSON.parse(text);
      return isObject(value) ? { event: value, mended: false } : undefined;
    } catch (error) {
      return this.#mend(text, offset, (error as Error).message);
    }
  }

  #mend(text: string, offset: number, problem: string): Parsed | undefined {
    const mended = mend(text);
    if (mended === undefined || !isObject(mended.value)) {
      this.#problem('event-syntax', offset, `no JSON: ${problem}`);
      return undefined;
    }
    for (const what of mended.mends) this.#problem(what, offset, MEND_MESSAGES[what]);
    return { event: mended.value, mended: true };
  }

  #problem(rule: ContainerRule, offset: number, message: string): void {
    this.#handlers.onProblem({ rule, offset, message });
  }
}

/** Makes entries of the bytes of a trace that is JSON. */
export class EntryParser extends ListReader {
  /** @param name Of the trace, for errors. */
  constructor(name: string, handlers: EntryHandlers) {
    super(new EntryMaker(name, handlers));
  }
}

/**
 * Reads a trace piece by piece, in memory that does not grow with it. After each piece, when the
 * handlers have taken what is whole of it, and once more at the end, it yields what is known of the
 * trace by then. So whoever pulls decides when the next piece is read.
 */
export async function* readBlocks(
  source: TraceSource,
  handlers: EntryHandlers,
): AsyncGenerator<TraceFacts, void, undefined> {
  const maker = new EntryMaker(source.name, handlers);
  let reader = new TraceReader(source, maker);
  let isFirst = true;
  for await (const block of source.blocks()) {
    if (isFirst && source.isPerfetto && handlers.handsOn === true) {
      reader = new TraceReader(source, maker, await flowPhasesOf(source));
    }
    isFirst = false;
    for (const piece of piecesOf(block)) {
      reader.push(piece);
      yield factsOf(source, reader);
    }
    handlers.onProgress?.(source.progress);
  }
  reader.end();
  yield factsOf(source, reader);
}

/**
 * Reads a trace in Perfetto's format for its flows alone; gives undefined where there are none, or it
 * cannot be.
 */
async function flowPhasesOf(source: TraceSource): Promise<FlowPhases | undefined> {
  const times = new FlowTimes();
  const nothing = () => {};
  const handlers = { onText: nothing, onBatch: nothing, onProblem: nothing, wantsText: NO_TEXT };
  try {
    const again = source.again();
    if (again === undefined) return undefined;
    const reader = new PerfettoReader(handlers, times);
    for await (const block of again.blocks()) {
      for (const piece of piecesOf(block)) reader.push(piece);
    }
  } catch (error) {
    // The reading for which this is done comes upon the same, and says so.
    if (!(error instanceof TraceReadError)) throw error;
  }
  return times.phases();
}

/** Reads a whole trace. Rejects with a TraceReadError if nothing can be read, or is no trace. */
export async function readEntries(input: TraceInput, handlers: EntryHandlers): Promise<TraceFacts> {
  return readSource(new TraceSource(input), handlers);
}

/** The same of a source that was opened. */
export async function readSource(
  source: TraceSource,
  handlers: EntryHandlers,
): Promise<TraceFacts> {
  let known: TraceFacts | undefined;
  for await (const facts of readBlocks(source, handlers)) known = facts;
  return known as TraceFacts;
}

const READABLE =
  "Give a trace in Chrome's format (JSON) or Perfetto's (.pftrace), or a CPU profile of V8's (.cpuprofile).";

/** What to say of a file in which no events can be found. */
export function noTrace(file: string, { offset, message }: ContainerProblem): TraceReadError {
  const problem = `this is no trace in the Chrome format: ${message}. ${READABLE}`;
  return new TraceReadError('TRACELANE_NOT_A_TRACE', file, offset, problem);
}

/**
 * For JSON.stringify(): a number like 1e999 is infinite to JavaScript. JSON would have null for it, at
 * which Perfetto stops.
 */
export function finiteOrText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The JSON of an event. */
export function textOf({ event, text, mended }: TraceEntry): string {
  return mended ? JSON.stringify(event, finiteOrText) : text;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function factsOf(
  { name, gzipped, isPerfetto, membersOfGzip }: TraceSource,
  { facts, unread }: TraceReader,
): TraceFacts {
  return { name, gzipped, isPerfetto, membersOfGzip, unread, ...facts };
}
