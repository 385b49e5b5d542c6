import pc from 'picocolors';
import { TraceReadError } from '../reader/source/read-error.js';
import type { TraceInput } from '../reader/source/trace-input.js';
import { ReadingProgress } from './progress.js';
import { type Cell, type Column, drawTable } from './table.js';
import { printable, printableJson, printableLines } from './text.js';

/** Exit codes: scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** Something was found: errors in a trace, a limit passed. */
  found: 1,
  /** The command could not be carried out: wrong use, a file that cannot be read. */
  failed: 2,
} as const;

/** Colours in a terminal only, and not if NO_COLOR forbids them. */
const HAS_COLORS = Boolean(process.stdout.isTTY) && process.env['NO_COLOR'] === undefined;
export const colors = pc.createColors(HAS_COLORS);

/**
 * All that is printed goes through here, and through `complain()`: no text of a trace, no name of a
 * file and no message that quotes one can make the terminal do anything.
 */
export function print(text: string): void {
  process.stdout.write(`${printableLines(text, HAS_COLORS)}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`);
}

/** Prints to standard error. */
export function complain(text: string): void {
  process.stderr.write(`${printableLines(text, false)}\n`);
}

/** A table that fits into the terminal. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  return drawTable(columns, rows, colors.dim, terminalWidth());
}

/** Columns of the terminal, or what COLUMNS says of the place that the output goes to. */
export function terminalWidth(): number | undefined {
  if (process.stdout.isTTY) return process.stdout.columns;
  const given = Number(process.env['COLUMNS']);
  return Number.isInteger(given) && given > 0 ? given : undefined;
}

/** A file by its name, or standard input for `-`. */
export function inputOf(file: string): TraceInput {
  if (file !== '-') return file;
  if (isStdinTaken) {
    const problem = 'standard input can be read only once, and stands there twice';
    throw badOption(problem);
  }
  isStdinTaken = true;
  return process.stdin;
}

let isStdinTaken = false;

/** Shows a progress bar while something is read, and removes it before anything is printed. */
export async function withProgress<T>(
  read: (update: ReadingProgress['update']) => Promise<T>,
): Promise<T> {
  const progress = new ReadingProgress();
  try {
    return await read(progress.update);
  } finally {
    progress.stop();
  }
}

/** What to throw where the command line was used wrongly. */
export function badOption(problem: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(problem, options), { code: 'TRACELANE_BAD_OPTION' });
}

/** Says why a command could not be carried out, in one line, and sets the exit code. */
export function fail(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = error instanceof TraceReadError || code !== undefined;
  const text = known ? printable(message) : ((error as Error).stack ?? String(error));
  complain(`tracelane: ${text}`);
  process.exitCode = EXIT.failed;
}
