import type { TraceEvent } from '../../trace-event/events.js';
import { type EntryHandlers, noTrace, type RawEvent, readBlocks } from './entries.js';
import type { EventBatch } from './event-batch.js';
import type { EventFilter } from './event-filter.js';
import { EventMatcher } from './event-matcher.js';
import { MEND_MESSAGES } from './mend-event.js';
import { TraceReadError } from './read-error.js';
import { TraceSource } from './source.js';
import type { TraceInput } from './trace-input.js';

/** Something in the file that is not as it should be. */
export interface ReadProblem {
  /** Byte of the (unpacked) file. */
  readonly offset: number;
  /** What was expected there, and what was found. */
  readonly message: string;
}

/** Options of {@link readTrace} and {@link readTraceBatches}. */
export interface ReadOptions extends EventFilter {
  /**
   * Called for what is damaged; reading goes on behind it. Without `onProblem`, an event that is no
   * JSON ends the reading with an error.
   */
  onProblem?: ((problem: ReadProblem) => void) | undefined;
}

/** Damage that costs no event: every event of such a file that is whole, or can be mended, is given. */
const HARMLESS: ReadonlySet<string> = new Set([
  'byte-order-mark',
  'missing-comma',
  'trailing-comma',
  'trailing-data',
  'member-syntax',
  'truncated',
  // Of the text of an event: the event is given as it is meant.
  'large-id',
  ...Object.keys(MEND_MESSAGES),
]);

/**
 * The events of a trace, in the order in which they stand in the file: any Chrome trace, from whatever
 * tool, as an array or in the object form, or the track events of one in Perfetto's format, or a profile
 * of V8's (as events of Chrome's); plain, or packed by gzip or, where Node can unpack that, zstd. Reads
 * in blocks: a file of any size takes a few megabytes of memory.
 *
 * Events are given as they stand in the file, ids beyond 2^53 as text. What is nearly JSON (a lone
 * backslash, a control character, NaN, a comma too many) is given as it is meant. Their types are
 * what the format asks for; a broken file may hold others (`tracelane check` tells). What is no object
 * is passed over. If the file was cut off, as a process that was killed leaves it, its whole events
 * are given and nothing is thrown.
 *
 * With `phases`, `names`, `from` or `to`, only those events are given; others are not even parsed.
 *
 * ```ts
 * for await (const event of readTrace('trace.json')) {
 *   if (event.ph === 'X') console.log(event.name, event.dur);
 * }
 * ```
 *
 * @param input Path or URL of a file, or its bytes, as from a stream.
 * @throws {TraceReadError} while iterating. `TRACELANE_CANNOT_READ`: the file cannot be opened,
 *   read or unpacked. `TRACELANE_NOT_A_TRACE`: it has no list of events.
 *   `TRACELANE_DAMAGED_EVENT`: an event is no JSON, and there is no `onProblem`.
 */
export function readTrace(
  input: TraceInput,
  options: ReadOptions = {},
): AsyncGenerator<TraceEvent, void, undefined> {
  return new EventIterator(readTraceBatches(input, options));
}

/**
 * The same events as {@link readTrace} gives, many at once: for programs that do so little with each
 * that waiting for it costs more. A batch holds what stands in some 64 KB of the file.
 *
 * ```ts
 * for await (const events of readTraceBatches('trace.json', { phases: ['X'], names: ['query'] })) {
 *   for (const event of events) count(event);
 * }
 * ```
 *
 * @throws {TraceReadError} as `readTrace()` does.
 */
export async function* readTraceBatches(
  input: TraceInput,
  options: ReadOptions = {},
): AsyncGenerator<TraceEvent[], void, undefined> {
  const source = new TraceSource(input);
  const { onProblem } = options;
  const matcher = new EventMatcher(options);
  let events: RawEvent[] = [];
  // What ends the reading is thrown behind the events before it.
  let failure: TraceReadError | undefined;
  const handlers: EntryHandlers = {
    handsOn: true,
    onEntry: ({ event }) => {
      if (event !== undefined && failure === undefined && matcher.takes(event)) events.push(event);
    },
    onBatch: (batch) => {
      if (failure === undefined) pushEvents(events, batch, matcher);
    },
    wantsText: matcher.isOpen ? undefined : (batch, row) => matcher.mayTakeRow(batch, row),
    onNoTrace: (problem) => {
      failure ??= noTrace(source.name, problem);
    },
    onProblem: ({ rule, offset, message }) => {
      if (onProblem !== undefined) onProblem({ offset, message });
      else if (!HARMLESS.has(rule)) {
        const text = `the event is damaged: ${message}. Give onProblem to read on behind it.`;
        failure ??= new TraceReadError('TRACELANE_DAMAGED_EVENT', source.name, offset, text);
      }
    },
  };
  for await (const _ of readBlocks(source, handlers)) {
    if (events.length > 0) yield events as unknown as TraceEvent[];
    events = [];
    if (failure !== undefined) throw failure;
  }
}

/**
 * Adds the events of a batch that are wanted. Those that stand side by side are parsed together, with
 * the commas between them: that is faster than one by one.
 */
function pushEvents(events: RawEvent[], batch: EventBatch, matcher: EventMatcher): void {
  const { count } = batch;
  const { isOpen } = matcher;
  for (let first = 0; first < count; first++) {
    if (!isOpen && !matcher.takesRow(batch, first)) continue;
    let last = isOpen ? count - 1 : first;
    while (last + 1 < count && matcher.takesRow(batch, last + 1)) last++;
    const parsed = JSON.parse(`[${batch.text(first, last)}]`) as RawEvent[];
    for (const event of parsed) events.push(event);
    first = last;
  }
}

/**
 * The events of batches, one by one. As a generator it would take 200 ns an event longer: `yield` in
 * one of these waits twice.
 */
class EventIterator implements AsyncGenerator<TraceEvent, void, undefined> {
  readonly #batches: AsyncGenerator<TraceEvent[], void, undefined>;
  #batch: readonly TraceEvent[] = [];
  #at = 0;
  /** Where more is asked for while a batch is awaited, it comes behind that. */
  #last: Promise<unknown> | undefined;

  constructor(batches: AsyncGenerator<TraceEvent[], void, undefined>) {
    this.#batches = batches;
  }

  next(): Promise<IteratorResult<TraceEvent, void>> {
    if (this.#last === undefined && this.#at < this.#batch.length) {
      return Promise.resolve({ value: this.#batch[this.#at++], done: false });
    }
    return this.#inTurn(() => this.#fromNextBatch());
  }

  async return(): Promise<IteratorResult<TraceEvent, void>> {
    this.#batch = [];
    await this.#batches.return();
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<IteratorResult<TraceEvent, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #fromNextBatch(): Promise<IteratorResult<TraceEvent, void>> {
    while (this.#at >= this.#batch.length) {
      const { value, done } = await this.#batches.next();
      if (done === true) return { value: undefined, done };
      this.#batch = value;
      this.#at = 0;
    }
    return { value: this.#batch[this.#at++], done: false };
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last === undefined ? step() : this.#last.then(step, step);
    this.#last = result;
    const done = (): void => {
      if (this.#last === result) this.#last = undefined;
    };
    result.then(done, done);
    return result;
  }
}
