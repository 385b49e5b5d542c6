import { basename, dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { randomHex } from '../../intrinsics/random.js';
import { partsPrefix } from '../../trace-event/file-names.js';
import { framingOf } from '../format/formats.js';
import { type ResolvedOptions, resolveOptions } from '../options.js';
import { literalPath } from '../output-path.js';
import { emitWarning } from '../record/report.js';
import { namedLikeParts, type PartsPlace } from '../writer/parts.js';
import { identityOf } from './output-file.js';
import { OWNERS, type Owner } from './owner.js';
import { readTimeZero, type TimeZero } from './time-zero.js';

/** The environment variables by which child processes find the traces of their parents. */
const VARIABLES = {
  program: 'TRACELANE_PARENT',
  run: 'TRACELANE_RUN',
} as const satisfies Record<Owner, string>;
/** The version of what stands in them. */
const VERSION = 3;
const NS_PER_MS = 1e6;
const US_PER_MS = 1000;

/** A trace that other processes may add a part to: what they need to know of it. */
export interface RootTrace {
  /** Tells the parts of this trace from those of others in the same folder. */
  readonly run: string;
  readonly zero: TimeZero;
  /** The options of the process that started the trace, with the absolute path of its file. */
  readonly options: ResolvedOptions;
  /** See `identityOf`. */
  readonly file: string | undefined;
}

/** Where the parts of a trace are, and what their names begin with: all but pid and random digits. */
export function placeOfParts({ run, options: { path } }: RootTrace): PartsPlace {
  return { folder: dirname(path), prefix: partsPrefix(basename(path), run) };
}

/** A new path for a part of this process. Random, as several of its threads may need one. */
export function pathOfPart(root: RootTrace): string {
  const { folder, prefix } = placeOfParts(root);
  const { suffix } = framingOf(root.options.format);
  return join(folder, `${prefix}${process.pid}-${randomHex(4)}${suffix}`);
}

/** Parts that were not joined: of processes that still run, or that could not be read. */
export function partsBeside(root: RootTrace): string[] {
  const place = placeOfParts(root);
  try {
    const names = namedLikeParts(place).map(({ name }) => name);
    return names.sort().map((name) => join(place.folder, name));
  } catch {
    // The folder is gone, and the parts with it.
    return [];
  }
}

/** Makes child processes that start from now on, and theirs, record into parts of this trace. */
export function publish(owner: Owner, root: RootTrace): void {
  process.env[VARIABLES[owner]] = toText(root);
}

/** The environment variables by which a child process finds the trace. */
export function childEnvironment(root: RootTrace): Record<string, string> {
  return { [VARIABLES.program]: toText(root) };
}

function toText({ run, zero, options, file }: RootTrace): string {
  const { wallMicroseconds, monotonicNanoseconds } = zero;
  const { path, categories, overflow, flushInterval, bufferSize, writer, clock } = options;
  const { handleSignals, format } = options;
  return JSON.stringify({
    version: VERSION,
    pid: process.pid,
    run,
    zero: { wallMicroseconds, monotonicNanoseconds: monotonicNanoseconds?.toString() },
    path,
    file,
    options: {
      ...{ categories, overflow, flushInterval, bufferSize, writer, clock },
      ...{ handleSignals, format },
    },
  });
}

/** Undoes {@link publish}, unless another trace has been published since. */
export function unpublish(owner: Owner, { run }: RootTrace): void {
  const variable = VARIABLES[owner];
  if (runIn(process.env[variable]) === run) delete process.env[variable];
}

/** The run of the trace that a variable tells of. */
function runIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /"run":"([^"]*)"/.exec(text)?.[1];
}

/** The variables as they stand in this thread's environment: to hand on to children. */
export function ownEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const owner of OWNERS) {
    const text = process.env[VARIABLES[owner]];
    if (text !== undefined) environment[VARIABLES[owner]] = text;
  }
  return environment;
}

/** Whether a parent process has told this one of its trace, or this one its children of its own. */
export function knowsTrace(): boolean {
  return OWNERS.some((owner) => process.env[VARIABLES[owner]] !== undefined);
}

/**
 * The trace that the parent process told this one of, if it can be used. That of a run is no program's,
 * also where both variables tell of it: else this process would make two parts of it.
 */
export function inheritedRoot(owner: Owner): RootTrace | undefined {
  const text = process.env[VARIABLES[owner]];
  if (text === undefined) return undefined;
  const ofRun = process.env[VARIABLES.run];
  if (owner === 'program' && ofRun !== undefined && runIn(text) === runIn(ofRun)) return undefined;
  try {
    const { version, pid, run, zero, path, file, options } = JSON.parse(text);
    // It is of another version, or this process has set it for its own children.
    if (version !== VERSION || pid === process.pid) return undefined;
    if (!/^[0-9a-f]{8}$/.test(run)) throw new Error(`'run' is ${String(run)}`);
    if (typeof path !== 'string' || !isAbsolute(path)) throw new Error(`'path' is ${String(path)}`);
    // The variable may be left over from another day, or be made up: a part is made only where the
    // file of this very trace is still there.
    if (typeof file !== 'string' || identityOf(path) !== file) {
      throw new Error(`the trace file ${path} is there no more`);
    }
    const resolved = resolveOptions(literalPath(path), options);
    return { run, zero: onOwnClock(zero), options: { ...resolved, path }, file };
  } catch (error) {
    emitWarning(
      'TRACELANE_BAD_PARENT',
      `The environment variable ${VARIABLES[owner]} cannot be used, so this process records nothing: ` +
        `${error instanceof Error ? error.message : String(error)}. It is set by tracelane for ` +
        'child processes: unset it, or pass it on as it is.',
    );
    return undefined;
  }
}

/** Time 0 of another process's trace, with its base on the clock of this process. */
function onOwnClock(zero: { wallMicroseconds: unknown; monotonicNanoseconds: unknown }): TimeZero {
  const own = readTimeZero();
  const wallMicroseconds = Number(zero.wallMicroseconds);
  const { monotonicNanoseconds: digits } = zero;
  const monotonicNanoseconds = typeof digits === 'string' ? BigInt(digits) : undefined;
  const age =
    own.monotonicNanoseconds === undefined || monotonicNanoseconds === undefined
      ? (own.wallMicroseconds - wallMicroseconds) / US_PER_MS
      : Number(own.monotonicNanoseconds - monotonicNanoseconds) / NS_PER_MS;
  return { base: own.base - age, wallMicroseconds, monotonicNanoseconds };
}
