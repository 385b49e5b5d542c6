import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNamedPerfetto } from '../trace-event/file-names.js';
import { badOption, shown } from './errors.js';
import { KNOWN_PLACEHOLDERS, unknownPlaceholder } from './output-path.js';
import type { FileUrl, TracerOptions } from './types.js';

/** All options have a default but `processName`, and `format`, which the name of the file decides. */
type Defaulted = {
  readonly [K in Exclude<keyof TracerOptions, 'processName' | 'format'>]-?: NonNullable<
    TracerOptions[K]
  >;
};

export type ResolvedOptions = Defaulted & {
  readonly format: NonNullable<TracerOptions['format']>;
  readonly processName: string | undefined;
  /** Absolute, with placeholders that `output-path.ts` fills in. */
  readonly path: string;
};

const MAX_BUFFER_BYTES = 1024 ** 3;
const MAX_INTERVAL_MS = 3_600_000;

const DEFAULTS: Defaulted = {
  enabled: true,
  flushInterval: 100,
  bufferSize: 16 * 1024 * 1024,
  overflow: 'block',
  writer: 'thread',
  clock: 'relative',
  categories: '*',
  handleSignals: true,
  childProcesses: true,
};

type Check = (value: unknown) => boolean;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const between =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === 'number' && value >= low && value <= high;

/** What each option takes, for the check and for the message. */
const RULES: Record<keyof TracerOptions, readonly [Check, string]> = {
  enabled: [(value) => typeof value === 'boolean', 'true or false'],
  flushInterval: [
    between(0, MAX_INTERVAL_MS),
    `a number of milliseconds from 0 to ${MAX_INTERVAL_MS}`,
  ],
  bufferSize: [
    between(128 * 1024, MAX_BUFFER_BYTES),
    `a number of bytes from ${128 * 1024} to ${MAX_BUFFER_BYTES}`,
  ],
  overflow: [oneOf('block', 'drop'), "'block' or 'drop'"],
  writer: [oneOf('thread', 'inline'), "'thread' or 'inline'"],
  clock: [oneOf('relative', 'epoch'), "'relative' or 'epoch'"],
  categories: [
    (value) => typeof value === 'string' && value.trim() !== '',
    "a list of categories like '*' or 'db,http,-verbose'",
  ],
  handleSignals: [(value) => typeof value === 'boolean', 'true or false'],
  childProcesses: [(value) => typeof value === 'boolean', 'true or false'],
  processName: [(value) => typeof value === 'string', 'a string'],
  format: [oneOf('json', 'perfetto'), "'json' or 'perfetto'"],
};

/** Checks what the constructor was given. Throws a TraceError that names the option. */
export function resolveOptions(
  outputFile: string | FileUrl,
  options: TracerOptions,
): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw badOption(`The options must be an object, not ${shown(options)}.`);
  }
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(RULES, name)) {
      const known = Object.keys(RULES).join(', ');
      throw badOption(`There is no option '${name}'. The options are ${known}.`);
    }
    const [check, expected] = RULES[name as keyof TracerOptions];
    if (!check(value)) {
      throw badOption(`The option '${name}' must be ${expected}, not ${shown(value)}.`);
    }
    given[name] = value;
  }
  const path = absolutePath(checkedPath(outputFile));
  return {
    ...DEFAULTS,
    processName: undefined,
    format: isNamedPerfetto(path) ? 'perfetto' : 'json',
    ...(given as TracerOptions),
    path,
  } as ResolvedOptions;
}

function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw badOption(
      `The output file '${path}' has no folder: the working directory is gone.`,
      cause,
    );
  }
}

function checkedPath(outputFile: string | FileUrl): string {
  const path = toPath(outputFile);
  const unknown = unknownPlaceholder(path);
  if (unknown === undefined) return path;
  throw badOption(
    `The output file's path has a '${unknown}' in it, which stands for nothing. There are ` +
      `${KNOWN_PLACEHOLDERS}.`,
  );
}

function toPath(outputFile: string | FileUrl): string {
  if (typeof outputFile === 'string' && outputFile !== '' && !outputFile.includes('\0')) {
    return outputFile;
  }
  if (typeof outputFile === 'object' && outputFile?.protocol === 'file:') {
    try {
      return fileURLToPath(outputFile.href);
    } catch (cause) {
      throw badOption(`The output file cannot be ${outputFile.href}: it is no path here.`, cause);
    }
  }
  throw badOption(
    `The output file must be a path or a file: URL, not ${shown(outputFile)}. ` +
      "Leave it out for 'trace.json' in the working directory.",
  );
}
