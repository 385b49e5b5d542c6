import Table from 'cli-table3';
import pc from 'picocolors';
import { TraceReadError } from '../reader/source/read-error.js';
import type { TraceInput } from '../reader/source/trace-input.js';
import { ReadingProgress } from './progress.js';

/** Exit codes: scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** Something was found: errors in a trace, a limit passed. */
  found: 1,
  /** The command could not be carried out: wrong use, a file that cannot be read. */
  failed: 2,
} as const;

/** Colours in a terminal only, and not if NO_COLOR forbids them. */
export const colors = pc.createColors(
  Boolean(process.stdout.isTTY) && process.env['NO_COLOR'] === undefined,
);

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table without lines between its cells, so that cut and grep can take it apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const none = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'];
  const more = ['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
  const chars = Object.fromEntries([...none, ...more].map((name) => [name, '']));
  const drawn = new Table({
    head: columns.map(({ title }) => colors.dim(title)),
    colAligns: columns.map(({ align }) => align ?? 'right'),
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

/**
 * A text from a trace as one line, without control characters: a terminal would obey these, and
 * traces may come from strangers.
 */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(CONTROL, '\ufffd');
}

/** A name from a trace, cut off where it is longer. */
export function shorten(text: string, length = 60): string {
  const line = printable(text);
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
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
  const text = known ? message : ((error as Error).stack ?? String(error));
  process.stderr.write(`tracelane: ${text}\n`);
  process.exitCode = EXIT.failed;
}
