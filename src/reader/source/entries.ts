import { type ContainerProblem, EventSplitter } from './event-splitter.js';
import { TraceReadError } from './read-error.js';
import { type Progress, type TraceInput, TraceSource } from './source.js';

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
  readonly s?: unknown;
  readonly bp?: unknown;
  readonly [field: string]: unknown;
}

/** One element of the list of events. */
export interface TraceEntry {
  /** Its place in the list, from 0. */
  readonly index: number;
  /** Byte of the unpacked file at which it begins. */
  readonly offset: number;
  readonly text: string;
  /** Undefined where it is no object, or no JSON at all. */
  readonly event: RawEvent | undefined;
  /** Whether there are bytes in it that are no UTF-8. */
  readonly badUtf8: boolean;
}

export interface EntryHandlers {
  readonly onEntry: (entry: TraceEntry) => void;
  readonly onProblem: (problem: ContainerProblem) => void;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What is known of a file once it was read. */
export interface TraceFacts {
  readonly name: string;
  readonly form: 'array' | 'object' | undefined;
  readonly truncated: boolean;
  readonly gzipped: boolean;
  readonly membersOfGzip: 'one' | 'several' | 'unknown';
  readonly events: number;
  /** What stands beside the events in the object form. */
  readonly members: ReadonlyMap<string, unknown>;
}

/** Where these are broken, no events can be found. */
export const FATAL_RULES: ReadonlySet<string> = new Set(['container-start', 'container-array']);

/** Reads the entries of a trace, one after the other, in memory that does not grow. */
export class EntryParser {
  readonly splitter: EventSplitter;
  #index = 0;

  constructor(onEntry: (entry: TraceEntry) => void, onProblem: EntryHandlers['onProblem']) {
    this.splitter = new EventSplitter((bytes, start, end, offset) => {
      const { ascii } = this.splitter;
      const text = ascii
        ? bytes.toString('latin1', start, end)
        : bytes.toString('utf8', start, end);
      const index = this.#index++;
      const badUtf8 = !ascii && text.includes('\ufffd') && !isUtf8(bytes, start, end, text);
      onEntry({ index, offset, text, event: this.#parse(text, offset, onProblem), badUtf8 });
    }, onProblem);
  }

  #parse(
    text: string,
    offset: number,
    onProblem: (problem: ContainerProblem) => void,
  ): RawEvent | undefined {
    try {
      const value: unknown = JSON.parse(text);
      return isObject(value) ? value : undefined;
    } catch (error) {
      onProblem({ rule: 'event-syntax', offset, message: `no JSON: ${(error as Error).message}` });
      return undefined;
    }
  }
}

/** Reads a whole trace. Rejects with a TraceReadError where nothing can be read, or is no trace. */
export async function readEntries(
  input: TraceInput,
  { onEntry, onProblem, onProgress }: EntryHandlers,
): Promise<TraceFacts> {
  const source = new TraceSource(input);
  const { splitter } = new EntryParser(onEntry, (problem) => {
    if (FATAL_RULES.has(problem.rule)) throw noTrace(source.name, problem);
    onProblem(problem);
  });
  for await (const block of source.blocks()) {
    splitter.push(block);
    onProgress?.(source.progress);
  }
  splitter.end();
  return factsOf(source, splitter);
}

/** What there is to say of a file in which no events can be found. */
export function noTrace(file: string, { offset, message }: ContainerProblem): TraceReadError {
  const problem = `this is no trace in the Chrome format: ${message}.`;
  return new TraceReadError('TRACELANE_NOT_A_TRACE', file, offset, problem);
}

export function factsOf(source: TraceSource, splitter: EventSplitter): TraceFacts {
  const { form, truncated, count: events, members } = splitter;
  const { name, gzipped, membersOfGzip } = source;
  return { name, form, truncated, gzipped, membersOfGzip, events, members };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** U+FFFD may stand in the file itself: then the bytes are the same as those of the text. */
function isUtf8(bytes: Buffer, start: number, end: number, text: string): boolean {
  return bytes.subarray(start, end).equals(Buffer.from(text));
}
