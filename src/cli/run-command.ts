import { constants } from 'node:os';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preload } from '../locations.js';
import { checkName, isProfile } from '../reader/output/open-trace.js';
import { type Launched, launch } from '../runtime/launch.js';
import type { Propagate } from '../runtime/settings.js';
import { loadTrace } from '../view/load/load-trace.js';
import { DEFAULT_MAX_BYTES } from '../view/report/write-report.js';
import { count } from './numbers.js';
import { badOption, complain, EXIT } from './output.js';
import { checkPlace, reportOf } from './report-command.js';
import { viewCommand } from './view-command.js';

export interface RunFlags {
  readonly output?: string;
  readonly sources?: string;
  /** False by `--no-samples`. */
  readonly samples: boolean;
  readonly sampleInterval?: string;
  readonly categories?: string;
  readonly capture?: string;
  /** As it was given: it is checked with the other options. */
  readonly propagate?: Propagate;
  readonly channel?: string;
  readonly tickThreshold?: string;
  readonly open?: boolean;
  readonly report?: string;
  readonly quiet?: boolean;
}

/** Signals that do not end a Node that does not listen to them. */
const NOT_ENDING: readonly NodeJS.Signals[] = ['SIGPIPE', 'SIGXFSZ', 'SIGUSR1'];

/** `tracelane run COMMAND` */
export async function runCommand(command: readonly string[], flags: RunFlags): Promise<void> {
  const { output, categories, capture, propagate, channel: channels } = flags;
  if (output !== undefined) checkOutput(output);
  const options = {
    ...{ output, categories, capture, propagate, channels },
    sources: flags.samples ? flags.sources : `${flags.sources ?? 'default'},-samples`,
    tickThreshold: toNumber(flags.tickThreshold, '--tick-threshold'),
    sampleInterval: toNumber(flags.sampleInterval, '--sample-interval'),
  };
  const launched = await launch(command, options, fileURLToPath(preload()));
  if (flags.quiet !== true) complain(describe(launched));
  const { file, isThere, code, signal } = launched;
  if (flags.report !== undefined && isThere) await reportRun(file, flags.report);
  if (flags.open === true && isThere) await viewCommand(file, { open: true, once: true });
  // As the command has ended, so does this: who started it sees no difference.
  if (signal === null) process.exitCode = code ?? EXIT.failed;
  else endBy(signal);
}

function endBy(signal: NodeJS.Signals): void {
  // As shells have it, where the signal ends nothing: the first process of a container gets none.
  process.exitCode = 128 + constants.signals[signal];
  // Node ignores SIGPIPE and SIGXFSZ, and SIGUSR1 starts its debugger, until a listener has come and gone.
  const listener = () => {};
  if (NOT_ENDING.includes(signal)) process.on(signal, listener).off(signal, listener);
  process.kill(process.pid, signal);
}

/** What goes wrong with the report is said, but the command's own end is what counts. */
async function reportRun(file: string, output: string): Promise<void> {
  try {
    checkPlace(file, output);
    const report = { output, title: basename(file), maxBytes: DEFAULT_MAX_BYTES };
    await reportOf(() => loadTrace(file), report);
    complain(`tracelane: the report is in ${output}`);
  } catch (error) {
    complain(`tracelane: no report: ${(error as Error).message}`);
  }
}

/** A program is recorded into a trace, of which something else can be made afterwards. */
function checkOutput(output: string): void {
  checkName(output);
  if (!isProfile(output)) return;
  throw badOption(
    `a program is recorded into a trace, and ${output} names a profile: give a name that ends in .json ` +
      'or .pftrace, and make a profile of that by tracelane convert',
  );
}

function toNumber(text: string | undefined, option: string): number | undefined {
  const number = text === undefined ? undefined : Number(text);
  if (Number.isNaN(number)) throw badOption(`${option} must be a number, not '${text}'`);
  return number;
}

function describe({ file, isThere, stats }: Launched): string {
  const { written, joined } = stats;
  const processes = joined === 1 ? '1 process' : `${joined === 0 ? 'no' : joined} processes`;
  const shown = fromHere(file);
  if (!isThere) {
    return `tracelane: no trace: ${shown} was removed, moved or replaced while the command ran.`;
  }
  return (
    `tracelane: ${count(written, 'event')} of ${processes} in ${shown}. ` +
    `Look at it: npx tracelane view ${forShell(shown)}`
  );
}

/** As a person can paste it. */
function forShell(path: string): string {
  if (/^[\w./@%+:,=\\-]+$/.test(path)) return path;
  return process.platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The path as short as it can be given. */
function fromHere(file: string): string {
  try {
    const path = relative(process.cwd(), file);
    return path.startsWith('..') ? file : path;
  } catch {
    // The working directory is gone.
    return file;
  }
}
