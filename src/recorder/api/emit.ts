import { json, math, number, object, toText } from '../../intrinsics/language.js';
import { DEFAULT_CATEGORY, DEFAULT_SCOPE, ENCLOSING_SLICE } from '../../trace-event/defaults.js';
import type { TraceEvent } from '../../trace-event/events.js';
import { asyncIdentity, flowId, isFalsyId, isId } from '../../trace-event/ids.js';
import { fitsShape, metadataShape } from '../../trace-event/metadata.js';
import { isMicroseconds, isUint32 } from '../../trace-event/numbers.js';
import {
  isAsync,
  isFlow,
  isInstant,
  isOldAsync,
  isPhase,
  isScope,
} from '../../trace-event/phases.js';
import { GIVEN_PID, GIVEN_TID, GIVEN_TS } from '../arena/records.js';
import { jsonMembers, setOwn } from '../record/safe-json.js';

const TEXT_FIELDS = ['name', 'ph', 'cat'] as const;
const TIME_FIELDS = ['ts', 'dur', 'tts', 'tdur'] as const;
const NUMBER_FIELDS = ['pid', 'tid'] as const;
/** Fields that viewers read. They are encoded first: see `encodeEvent`. */
const CORE = ['name', 'cat', 'ph', 'ts', 'dur', 'tts', 'tdur', 'pid', 'tid', 'id', 's', 'bp'];
/** Beyond so many microseconds a double cannot hold nanoseconds. */
const MAX_ROUNDED = 2 ** 43;

interface EncodedEvent {
  readonly category: string;
  /** JSON without the braces. */
  readonly members: string;
  /** GIVEN_* flags. */
  readonly given: number;
}

type Fields = Record<string, unknown>;

/**
 * An event as JSON members and GIVEN_* flags, or the reason why it cannot be written. What is
 * written passes `tracelane check`, as far as an event can be judged alone.
 */
export function encodeEvent(event: TraceEvent): EncodedEvent | string {
  let fields: Fields;
  let args: unknown;
  try {
    ({ args, ...fields } = { ...(event as object) } as Fields);
    if (isAsync(fields['ph']) || isOldAsync(fields['ph'])) readIdOnce(fields);
    // Arguments of these phases are checked, then encoded: a getter might give another value each time.
    // So they are copied.
    if (fields['ph'] === 'C' || fields['ph'] === 'M') args = { ...(args as object) };
  } catch {
    return 'emit() was given an event that cannot be read.';
  }
  if (fields['cat'] === undefined || fields['cat'] === '') fields['cat'] = DEFAULT_CATEGORY;
  const problem = wrongField(fields) ?? wrongForPhase(fields, args);
  if (problem !== undefined) return `emit() was given ${problem}.`;
  addDefaults(fields);
  roundTimes(fields);
  const given =
    (fields['pid'] === undefined ? 0 : GIVEN_PID) |
    (fields['tid'] === undefined ? 0 : GIVEN_TID) |
    (fields['ts'] === undefined ? 0 : GIVEN_TS);
  // Encoded apart from the others, which may be too large and get cut: these are there in any case.
  const core: Fields = {};
  for (let i = 0; i < CORE.length; i++) {
    const field = CORE[i];
    setOwn(core, field, fields[field]);
    delete fields[field];
  }
  const more = jsonMembers(fields);
  const body = typeof args === 'object' && args !== null ? jsonMembers(args) : '';
  const members = `${jsonMembers(core)}${more === '' ? '' : `,${more}`},"args":{${body}}`;
  const category = core['cat'] as string;
  return { category, members, given };
}

/** Replaces `id2` by a copy: a getter in it might give another value when it is encoded. */
function readIdOnce(fields: Fields): void {
  const { id2 } = fields as { id2?: { local?: unknown; global?: unknown } };
  if (id2 === undefined) return;
  const { local, global } = id2;
  // Without a prototype, which may have a `toJSON`.
  fields['id2'] = global === undefined ? { __proto__: null, local } : { __proto__: null, global };
}

/** What is wrong with an event of any phase. */
function wrongField(fields: Readonly<Fields>): string | undefined {
  for (let i = 0; i < TEXT_FIELDS.length; i++) {
    const field = TEXT_FIELDS[i];
    if (typeof fields[field] !== 'string') return `an event whose '${field}' is not a string`;
  }
  if (!isPhase(fields['ph'])) {
    return `an event of unknown phase ${json.stringify(fields['ph'])}`;
  }
  for (let i = 0; i < TIME_FIELDS.length; i++) {
    const field = TIME_FIELDS[i];
    const value = fields[field];
    // NaN would be written as null, at which Perfetto's parser stops and drops the rest of the file.
    if (value !== undefined && !(isMicroseconds(value) && value >= 0)) {
      return `an event whose '${field}' is not a number of microseconds from 0 to 4.6e15`;
    }
  }
  for (let i = 0; i < NUMBER_FIELDS.length; i++) {
    const field = NUMBER_FIELDS[i];
    const value = fields[field];
    if (value !== undefined && !isUint32(value)) {
      return `an event whose '${field}' is not an unsigned 32-bit integer`;
    }
  }
  return undefined;
}

/** What is wrong with an event for one of its phase. */
function wrongForPhase(fields: Readonly<Fields>, args: unknown): string | undefined {
  const { ph, name, id, id2, s } = fields;
  if (isInstant(ph) && s !== undefined && !isScope(s)) {
    return `an instant whose 's' is not 't', 'p' or 'g'`;
  }
  if (ph === 'C' && !isSeries(args)) return 'a counter whose args are not finite numbers';
  if (ph === 'M') return wrongMetadata(name, args as Fields);
  if (isFlow(ph) && flowId(id) === undefined) {
    return `a flow whose 'id' is not an integer or a hexadecimal string of up to 16 digits`;
  }
  if (!isAsync(ph) && !isOldAsync(ph)) return undefined;
  if (name === '') return 'an async event without a name';
  if (id !== undefined && id2 !== undefined) return `an async event with both 'id' and 'id2'`;
  const identity = asyncIdentity(fields).id;
  if (!isId(identity) || isFalsyId(identity)) {
    return `an async event whose 'id' is not a string or an integer, or is empty or 0`;
  }
  return undefined;
}

function wrongMetadata(name: unknown, args: Fields): string | undefined {
  const shape = metadataShape(name);
  if (shape === undefined || fitsShape(shape, args[shape.key])) return undefined;
  return `metadata ${toText(name)} whose args.${shape.key} is not a ${shape.type}`;
}

/** Rounds start and end to nanoseconds, as viewers do. Not the duration: slices might not nest. */
function roundTimes(fields: Fields): void {
  const { ts, dur } = fields as { ts?: number; dur?: number };
  if (dur !== undefined) fields['dur'] = round((ts ?? 0) + dur, -round(ts ?? 0));
  if (ts !== undefined) fields['ts'] = round(ts);
}

function round(microseconds: number, plus = 0): number {
  if (microseconds > MAX_ROUNDED) return microseconds + plus;
  return math.round((math.round(microseconds * 1000) / 1000 + plus) * 1000) / 1000;
}

function addDefaults(fields: Fields): void {
  const { ph } = fields;
  if (ph === 'X') fields['dur'] ??= 0;
  else if (ph === 'f') fields['bp'] = ENCLOSING_SLICE;
  else if (isInstant(ph)) fields['s'] ??= DEFAULT_SCOPE;
}

function isSeries(args: unknown): boolean {
  const values = object.values(args as object);
  for (let i = 0; i < values.length; i++) if (!number.isFinite(values[i])) return false;
  return values.length > 0;
}
