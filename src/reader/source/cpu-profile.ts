import { type CallFrame, drawnFrame, toPath } from '../../cpu-profile/call-frame.js';
import { CallStack } from '../../cpu-profile/call-stack.js';
import {
  type Profile,
  type ProfileFrame,
  type ProfileNode,
  parseProfile,
} from '../../cpu-profile/profile.js';
import { METADATA_CATEGORY } from '../../trace-event/defaults.js';
import { isNamedCpuProfile } from '../../trace-event/file-names.js';
import { SAMPLES_TRACK } from '../../trace-event/thread-tracks.js';
import { TraceReadError } from './read-error.js';

/** With so many bytes the first member is there. */
const ENOUGH_BYTES = 64;
/** They begin within so many: a byte order mark and white space may stand before them. */
const MAX_SPACE = 4096;
const SPACE = /^(?:\xef\xbb\xbf)?\s*/;
/** What profiles begin with, and traces never: their samples are no numbers. */
const START = /^\{\s*"(?:(?:nodes|startTime|endTime|timeDeltas)"\s*:|samples"\s*:\s*\[\s*-?\d)/;
/** What an object begins with that is no trace from the first byte on. */
const OTHER_START = /^\{(?!\s*"traceEvents")/;
const LIST_OF_EVENTS = /"traceEvents"\s*:/;
/** A profile does not say of which process and thread it is. */
const ID = 1;
const US_PER_MS = 1000;
/** JSON is handed on in pieces of about this size. */
const BLOCK_LENGTH = 256 * 1024;

/**
 * Whether a file is a profile of V8's, by its first bytes; undefined where more bytes would tell.
 * Profiles may begin with anything (editors add what they like): then the name of the file says what it
 * is.
 */
export function isCpuProfile(
  bytes: Uint8Array,
  areAll: boolean,
  name: string,
): boolean | undefined {
  const begin = Buffer.from(bytes.subarray(0, MAX_SPACE)).toString('latin1');
  const text = begin.replace(SPACE, '').slice(0, ENOUGH_BYTES);
  if (START.test(text)) return true;
  if (isNamedCpuProfile(name) && OTHER_START.test(text))
    return text.length < ENOUGH_BYTES && !areAll ? undefined : true;
  const mayBe = /^(?:\{|$)/.test(text) && text.length < ENOUGH_BYTES && bytes.length < MAX_SPACE;
  return mayBe && !areAll ? undefined : false;
}

/** Whether what has the name of a profile is a trace all the same, in the object form. */
export function isMisnamed(text: string): boolean {
  return (
    !START.test(text.replace(/^[\ufeff\s]+/, '').slice(0, ENOUGH_BYTES)) &&
    LIST_OF_EVENTS.test(text)
  );
}

/**
 * Makes a Chrome trace of a profile: slices of one thread, as the recorder makes them of its samples.
 *
 * @param name Of the file, for errors.
 * @throws {TraceReadError} where it is no profile.
 */
export function translateProfile(text: string, name: string): Iterable<Buffer> {
  const slices = new Slices();
  try {
    const profile = checked(parseProfile(text.replace(/^\ufeff/, '')));
    const stack = new CallStack(new Frames(), 0, Number.NEGATIVE_INFINITY);
    stack.take(profile, slices);
    stack.end(profile, slices);
  } catch (cause) {
    const isCut = cause instanceof SyntaxError && !text.trimEnd().endsWith('}');
    const problem = isCut
      ? "this is no CPU profile of V8's: it was cut off, and half of one cannot be read. Record it again."
      : `this is no CPU profile of V8's: ${(cause as Error).message}. Record it again, or export it anew.`;
    throw new TraceReadError('TRACELANE_NOT_A_TRACE', name, -1, problem, { cause });
  }
  return slices.blocks();
}

/** The profile, if all is there of which slices are made; with the times that it does not say. */
function checked(profile: Profile): Profile {
  const { nodes, samples, timeDeltas, startTime = 0 } = profile;
  if (!Array.isArray(nodes) || nodes.length === 0) throw new Error('it has no nodes');
  if (
    !nodes.every((node: ProfileNode | null) => typeof node?.callFrame?.functionName === 'string')
  ) {
    throw new Error('it has nodes without a callFrame, as in the format of old versions of Chrome');
  }
  if (!isNumbers(samples)) throw new Error('it has no samples that are numbers');
  if (!isNumbers(timeDeltas)) throw new Error('it has no timeDeltas that are numbers');
  const last = timeDeltas.reduce((time, delta) => time + delta, startTime);
  const endTime = profile.endTime ?? last;
  if (!isNumbers([startTime, endTime])) {
    throw new Error('its startTime or its endTime is no number');
  }
  return { nodes, samples, timeDeltas, startTime, endTime };
}

function isNumbers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((value) => Number.isFinite(value));
}

interface Slice {
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  dur: number;
  readonly args: unknown;
}

/**
 * Takes slices, and writes them as complete events in the order of their begins: of those that begin and
 * end at once, the outer one comes first then.
 */
class Slices {
  readonly #slices: Slice[] = [];

  beginAt(time: number, name: string, cat: string, args: unknown = {}): number {
    const slice = { name, cat, ts: microseconds(time), dur: 0, args };
    return this.#slices.push(slice) - 1;
  }

  endAt(time: number, slice: number): void {
    const begun = this.#slices[slice];
    begun.dur = microseconds(time) - begun.ts;
  }

  *blocks(): Generator<Buffer, void, undefined> {
    let text = `[\n${named('process_name', 'CPU profile')},\n${named('thread_name', SAMPLES_TRACK)}`;
    for (const slice of this.#slices) {
      text += `,\n${JSON.stringify({ ph: 'X', ...slice, pid: ID, tid: ID })}`;
      if (text.length < BLOCK_LENGTH) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(`${text}\n]\n`);
  }
}

class Frames {
  readonly #known = new Map<string, CallFrame>();

  of({ functionName, url = '', lineNumber, columnNumber }: ProfileFrame): CallFrame {
    const key = `${url}:${lineNumber}:${columnNumber}:${functionName}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const isSomewhere = url !== '' && lineNumber >= 0;
      const place = { file: toPath(url), line: lineNumber + 1, column: columnNumber + 1 };
      known = drawnFrame(functionName, isSomewhere ? place : undefined);
      this.#known.set(key, known);
    }
    return known;
  }
}

/** Profiles count in whole microseconds. */
function microseconds(time: number): number {
  return Math.round(time * US_PER_MS);
}

function named(name: string, text: string): string {
  const event = { ph: 'M', name, cat: METADATA_CATEGORY, ts: 0, pid: ID, tid: ID };
  return JSON.stringify({ ...event, args: { name: text } });
}
