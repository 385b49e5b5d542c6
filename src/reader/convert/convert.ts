import { besideEvents } from '../output/left-out.js';
import { NewFile } from '../output/new-file.js';
import { openTrace } from '../output/open-trace.js';
import type { ThreadChoice } from '../output/profile/profile-file.js';
import { refuseInput } from '../output/same-file.js';
import type { TraceFile } from '../output/trace-file.js';
import { Turns } from '../output/turns.js';
import { losesEvent } from '../source/container-problem.js';
import { readBlocks, type TraceFacts } from '../source/entries.js';
import { isFile, type Progress, pathOf, TraceSource } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import type { Unread } from '../source/unread.js';

export interface ConvertOptions {
  /** The threads that a profile is of. */
  readonly thread?: ThreadChoice | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface ConvertResult {
  readonly input: string;
  readonly output: string;
  readonly eventsRead: number;
  /** Written. */
  readonly bytes: number;
  /** Elements of the list of events that could not be read. */
  readonly damaged: number;
  readonly truncated: boolean;
  /** What the format of the output has no place for: how often, by what it is. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Slices and operations that overlap others, where these stand on tracks of their own. */
  readonly overlapping: number;
  /** What was not read of the input, as it is no track event. */
  readonly unread: Unread;
}

const BRACE = 0x7b;

/**
 * Writes a trace in another format, which the name of the output tells.
 *
 * @throws {TraceWriteError} where the output cannot be written, or is the input.
 */
export async function convertTrace(
  input: TraceInput,
  output: string,
  options: ConvertOptions = {},
): Promise<ConvertResult> {
  // A pipe that is half read cannot be read again, and a file would be lost if it is damaged.
  if (isFile(input)) refuseInput(output, pathOf(input), 'which is converted');
  const file = new NewFile(output);
  return file.write(async () => {
    const draft = file.draft();
    const result = await convert(new TraceSource(input, true), draft, output, options);
    file.accept(draft);
    return result;
  });
}

async function convert(
  source: TraceSource,
  draft: string,
  output: string,
  { thread, onProgress }: ConvertOptions,
): Promise<ConvertResult> {
  let out: TraceFile | undefined;
  let damaged = 0;
  const opened = (form: 'array' | 'object'): TraceFile => {
    out ??= openTrace({ draft, output, form, input: source.name, thread });
    return out;
  };
  try {
    const turns = new Turns();
    let known: TraceFacts | undefined;
    const blocks = readBlocks(source, {
      handsOn: true,
      // What a trace begins with tells the form in which it is to be written, too.
      onFirstBytes: (bytes) => void opened(bytes.find(isNoSpace) === BRACE ? 'object' : 'array'),
      onEntry: (entry) => opened('array').takeEntry(entry),
      onBatch: (batch) => opened('array').takeBatch(batch),
      onProblem: ({ rule }) => {
        if (losesEvent(rule)) damaged++;
      },
      onProgress,
    });
    for await (const facts of blocks) {
      known = facts;
      // Files are read without waiting for them.
      await turns.due();
    }
    const facts = known as TraceFacts;
    const made = opened('array');
    await made.end(facts.members);
    const leftOut = Object.fromEntries(made.leftOut);
    for (const name of facts.membersLeftOut) leftOut[besideEvents(name)] = 1;
    const { events: eventsRead, size: bytes, overlapping } = made;
    const { name, truncated, unread } = facts;
    return {
      ...{ input: name, output, eventsRead, bytes, damaged, truncated },
      ...{ leftOut, overlapping, unread },
    };
  } finally {
    out?.close();
  }
}

/** Neither white space nor part of a byte order mark. */
function isNoSpace(byte: number): boolean {
  return byte > 0x20 && byte < 0x80;
}
