import { basename, join } from 'node:path';
import { cutTrace } from '../reader/cut/cut.js';
import { isSameFile } from '../reader/output/same-file.js';
import { inTemporaryFolder } from '../reader/output/tidy.js';
import type { TraceInput } from '../reader/source/trace-input.js';
import { type LoadedTrace, loadTrace } from '../view/load/load-trace.js';
import { lossNotes } from '../view/load/loss-notes.js';
import { type ReportOptions, writeReport } from '../view/report/write-report.js';
import { bytes, count, duration } from './numbers.js';
import { badOption, colors, inputOf, print, withProgress } from './output.js';
import { printable } from './text.js';

export interface ReportFlags {
  readonly output: string;
  readonly from?: number;
  readonly to?: number;
  readonly maxSize: number;
}

/** `tracelane report FILE -o OUT` */
export async function reportCommand(file: string, flags: ReportFlags): Promise<void> {
  const { from, to, output } = flags;
  checkPlace(file === '-' ? undefined : file, output);
  if (from === undefined && to === undefined) {
    await report(inputOf(file), nameOf(file), flags);
    return;
  }
  if (file === '-') {
    throw badOption('--from and --to read a trace twice, and standard input can be read once only');
  }
  if ((from ?? 0) > (to ?? Number.POSITIVE_INFINITY)) {
    throw badOption('--from must not be later than --to');
  }
  await inTemporaryFolder('tracelane-report-', async (folder) => {
    const part = join(folder, 'part.json');
    const cut = await withProgress((update) => cutTrace(file, part, { from, to }, update));
    await report(part, nameOf(file), flags, lossNotes(cut), partNote(from, to));
  });
}

/** What lies beside the part would look as if nothing had happened there. */
function partNote(from: number | undefined, to: number | undefined): string {
  const begin = from === undefined ? 'the start' : duration(from);
  const end = to === undefined ? 'the end' : duration(to);
  return (
    `Only a part of the trace is here, from ${begin} to ${end} of it: of all else there is only what ` +
    'goes on into that part.'
  );
}

/** What the names of traces end in. */
const TRACE = /\.(?:json|pftrace|perfetto-trace|cpuprofile)(?:\.gz|\.zst)?$/i;

/** Throws where the report would take the place of its trace, which would be lost, or has the name of one. */
export function checkPlace(trace: string | undefined, output: string): void {
  if (trace !== undefined && isSameFile(trace, output)) {
    throw badOption(
      `${output} is the trace itself, and nothing of it would be left: give the report another name`,
    );
  }
  if (!TRACE.test(output)) return;
  throw badOption(
    `${output} is the name of a trace, and a report is a page: let its name end in .html, ` +
      'or write a trace by tracelane convert',
  );
}

async function report(
  input: TraceInput,
  title: string,
  flags: ReportFlags,
  lost: readonly string[] = [],
  part?: string,
): Promise<void> {
  const { output, maxSize: maxBytes } = flags;
  let said: readonly string[] = [];
  const load = async () => {
    const trace = await withProgress((update) => loadTrace(input, update));
    said = [...lost, ...trace.data.notes];
    const notes = part === undefined ? said : [part, ...said];
    return { ...trace, data: { ...trace.data, notes } };
  };
  const { events, size } = await reportOf(load, { output, title, maxBytes });
  print(`${colors.bold(printable(output))}: ${count(events, 'event')}, ${bytes(size)}`);
  for (const note of said) print(colors.dim(printable(note)));
}

/** Writes the report of a trace. Gives how many events that has, and the bytes of the report. */
export async function reportOf(
  load: () => Promise<LoadedTrace>,
  options: ReportOptions,
): Promise<{ readonly events: number; readonly size: number }> {
  const trace = await load();
  try {
    return { events: trace.data.events, size: await writeReport(trace, options) };
  } finally {
    trace.file.close();
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : basename(file);
}
