import type { TraceEvent } from '../../trace-event/events.js';
import { type EntryHandlers, noTrace, readBlocks } from './entries.js';
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

/** Options of {@link readTrace}. */
export interface ReadOptions {
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
  'truncated',
  // Of the text of an event: the event is given as it is meant.
  'large-id',
  ...Object.keys(MEND_MESSAGES),
]);

/**
 * The events of a trace, in the order in which they stand in the file: any Chrome trace, from
 * whatever tool, as an array or in the object form, plain or gzipped. Reads in blocks: a file of
 * any size takes a few megabytes of memory.
 *
 * Events are given as they stand in the file, ids beyond 2^53 as text. What is nearly JSON (a lone
 * backslash, a control character, NaN, a comma too many) is given as it is meant. Their types are what the format asks for; a broken
 * file may hold others (`tracelane check` tells). What is no object is passed over. If the file was
 * cut off, as a process that was killed leaves it, its whole events are given and nothing is thrown.
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
export async function* readTrace(
  input: TraceInput,
  options: ReadOptions = {},
): AsyncGenerator<TraceEvent, void, undefined> {
  const source = new TraceSource(input);
  const { onProblem } = options;
  let events: TraceEvent[] = [];
  // What ends the reading is thrown behind the events before it.
  let failure: TraceReadError | undefined;
  const handlers: EntryHandlers = {
    onEntry: ({ event }) => {
      if (event !== undefined && failure === undefined) events.push(event as unknown as TraceEvent);
    },
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
    yield* events;
    events = [];
    if (failure !== undefined) throw failure;
  }
}
