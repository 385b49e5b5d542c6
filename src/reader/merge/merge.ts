import { NS_PER_US } from '../../trace-event/numbers.js';
import { NewFile } from '../output/new-file.js';
import { openTrace } from '../output/open-trace.js';
import { refuseInput } from '../output/same-file.js';
import { losesEvent } from '../source/container-problem.js';
import { finiteOrText, type RawEvent, readEntries, type TraceEntry } from '../source/entries.js';
import { checkRereadable, type Progress } from '../source/source.js';
import { ClockReader } from '../source/trace-clock.js';
import { isTraceStart, moveTimeZero } from '../source/trace-start.js';
import { later, microsecondsOf } from '../timeline/timed-event.js';
import { type Alignment, align } from './clocks.js';
import { Identities } from './identities.js';
import { Processes } from './processes.js';

/** What became of one of the files. */
export interface MergedFile {
  readonly file: string;
  /** Events in it. Those that are damaged are left out of the result. */
  readonly events: number;
  /** By which clock it was brought to the time of the first file. */
  readonly alignment: Alignment;
  /** Nanoseconds that were added to its times. */
  readonly offset: number;
  /** Processes that were given another pid. */
  readonly pidsChanged: number;
  /** Events that are no JSON, or too deep, and were left out. */
  readonly damaged: number;
  readonly truncated: boolean;
  /**
   * Names of what stands beside its events, in the object form or in packets of Perfetto's: the result does
   * not have it.
   */
  readonly leftOut: readonly string[];
}

export interface MergeResult {
  readonly files: readonly MergedFile[];
  readonly events: number;
  /** Ids of async operations and flows that were given others. */
  readonly idsChanged: number;
  /** What the format of the result cannot hold; and what stands on tracks of its own, as it overlaps. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly overlapping: number;
}

/** What the first pass over a file finds out. */
interface FirstPass {
  readonly clock: ClockReader;
  /** Nanoseconds of the event with the lowest time; Infinity if there is none. */
  readonly earliest: number;
}

/**
 * Joins traces into one, in two passes over each file and in memory that does not grow with them.
 * The first file's times stay as they are, unless another one begins before it.
 */
export async function mergeFiles(
  inputs: readonly string[],
  output: string,
  onProgress?: (progress: Progress, file: string) => void,
): Promise<MergeResult> {
  const unchanged = inputs.map((input) => checkRereadable(input));
  // Who names one of them twice by mistake would lose it.
  for (const input of inputs) refuseInput(output, input, 'one of the inputs');
  const file = new NewFile(output);
  return file.write(async () => {
    const draft = file.draft();
    const result = await merge(inputs, draft, output, onProgress);
    for (const check of unchanged) check();
    file.accept(draft);
    return result;
  });
}

async function merge(
  inputs: readonly string[],
  draft: string,
  output: string,
  onProgress: ((progress: Progress, file: string) => void) | undefined,
): Promise<MergeResult> {
  const processes = new Processes();
  const identities = new Identities();
  try {
    const passes: FirstPass[] = [];
    for (const [file, input] of inputs.entries()) {
      const take = (event: RawEvent): void => {
        processes.take(file, event);
        identities.take(file, event);
      };
      passes.push(await lookAt(input, onProgress, take));
    }
    processes.findCollisions();
    identities.findCollisions();
    return await join(inputs, draft, output, alignAll(passes), processes, identities, onProgress);
  } finally {
    identities.close();
  }
}

interface Aligned {
  readonly alignment: Alignment;
  /** Nanoseconds to add to the times of each event. */
  readonly offset: number;
}

/** How the times of each file are moved. The first sets the clock, but no time may be negative. */
function alignAll(passes: readonly FirstPass[]): Aligned[] {
  const [first] = passes;
  const aligned = passes.map(({ clock }, file) =>
    file === 0
      ? { alignment: 'reference' as const, offset: 0 }
      : align(clock.clock, first.clock.clock),
  );
  const earliest = Math.min(...passes.map((pass, file) => pass.earliest + aligned[file].offset));
  // Viewers drop what is before time 0.
  const shift = earliest < 0 ? -earliest : 0;
  return aligned.map(({ alignment, offset }) => ({ alignment, offset: offset + shift }));
}

/** The second pass over the files: writes their events into one. */
async function join(
  inputs: readonly string[],
  draft: string,
  output: string,
  aligned: readonly Aligned[],
  processes: Processes,
  identities: Identities,
  onProgress: ((progress: Progress, file: string) => void) | undefined,
): Promise<MergeResult> {
  const out = openTrace({ draft, output, input: inputs[0] });
  const files: MergedFile[] = [];
  try {
    for (const [file, input] of inputs.entries()) {
      const { alignment, offset } = aligned[file];
      let damaged = 0;
      const facts = await readEntries(input, {
        handsOn: true,
        onEntry: (entry) => {
          const event = adapt(entry, file, offset, processes, identities);
          if (event !== undefined) out.write(event);
        },
        onProblem: ({ rule }) => {
          if (losesEvent(rule)) damaged++;
        },
        onProgress: (progress) => onProgress?.(progress, input),
      });
      const { events, truncated, members, membersLeftOut, unread } = facts;
      const leftOut = [...members.keys(), ...membersLeftOut, ...Object.keys(unread)];
      files.push({
        file: input,
        events,
        alignment,
        offset,
        pidsChanged: processes.changed(file),
        damaged,
        truncated,
        leftOut: leftOut.filter((name) => name !== 'displayTimeUnit'),
      });
    }
    await out.end();
  } finally {
    out.close();
  }
  const { events, leftOut, overlapping } = out;
  return {
    ...{ files, events, idsChanged: identities.changed },
    ...{ leftOut: Object.fromEntries(leftOut), overlapping },
  };
}

async function lookAt(
  input: string,
  onProgress: ((progress: Progress, file: string) => void) | undefined,
  take: (event: RawEvent) => void,
): Promise<FirstPass> {
  const clock = new ClockReader();
  let earliest = Number.POSITIVE_INFINITY;
  const facts = await readEntries(input, {
    onEntry: ({ event }) => {
      if (event === undefined) return;
      if (event.ph === 'M') clock.take(event);
      else {
        const time = microsecondsOf(event.ts) ?? Number.POSITIVE_INFINITY;
        earliest = Math.min(earliest, Math.round(time * NS_PER_US));
      }
      take(event);
    },
    onProblem: () => {},
    onProgress: (progress) => onProgress?.(progress, input),
  });
  clock.takeMembers(facts.members);
  return { clock, earliest };
}

/** The JSON of an entry in the joined file; undefined for what has no place there. */
function adapt(
  { event, text, mended }: TraceEntry,
  file: number,
  offset: number,
  processes: Processes,
  identities: Identities,
): string | undefined {
  if (event === undefined) return undefined;
  const changed: Record<string, unknown> = { ...event };
  if (isTraceStart(event)) {
    // The joined file has one time 0: that of the first file, moved like its times.
    if (file > 0) return undefined;
    changed['args'] = moveTimeZero(event.args, offset);
  }
  let touched = processes.change(file, changed) || mended;
  if (identities.change(file, changed)) touched = true;
  const ts = microsecondsOf(event.ts);
  if (offset !== 0 && ts !== undefined && event.ph !== 'M') {
    changed['ts'] = later(ts, offset);
    touched = true;
  }
  if (!touched && changed['args'] === event.args) return text;
  return JSON.stringify(changed, finiteOrText);
}
