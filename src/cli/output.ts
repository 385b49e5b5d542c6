import Table from 'cli-table3';
import pc from 'picocolors';
import { TraceReadError } from '../reader/source/read-error.js';
import type { TraceInput } from '../reader/source/source.js';
import { ReadingProgress } from './progress.js';

/** Exit codes: scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** Something was found: errors in a trace, a limit passed. */
  found: 1,
  /** The command could not be carried out: wrong use, a file that cannot be read. */
  failed: 2,
} as const;

/** Colours only where somebody sees them. */
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

/** A table without lines: it can be cut and grepped. */
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

/** On one line, and nothing in it that a terminal obeys: traces come from strangers, too. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(CONTROL, '\ufffd');
}

/** Names of any length. */
export function shorten(text: string, length = 60): string {
  const line = printable(text);
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** A file by its name, or standard input for `-`. */
export function inputOf(file: string): TraceInput {
  if (file !== '-') return file;
  if (isStdinTaken) {
    const problem = 'standard input can be read only once, and stands there twice';
    throw Object.assign(new Error(problem), { code: 'TRACELANE_BAD_OPTION' });
  }
  isStdinTaken = true;
  return process.stdin;
}

let isStdinTaken = false;

/** Reads with a progress bar, which is gone again before anything is printed. */
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

/** Says why a command could not be carried out, in one line, and sets the exit code. */
export function fail(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = error instanceof TraceReadError || code !== undefined;
  const text = known ? message : ((error as Error).stack ?? String(error));
  process.stderr.write(`tracelane: ${text}\n`);
  process.exitCode = EXIT.failed;
}
