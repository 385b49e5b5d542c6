import { GIVEN_PID, GIVEN_TID, GIVEN_TS } from '../arena/records.js';
import { jsonMembers } from '../record/safe-json.js';
import type { TraceEvent } from '../types.js';

const UINT32 = 2 ** 32;
/** The phases of the format, and `I`, the older spelling of an instant. */
const PHASES = /^[BEXiICbnesStTpFfPNODMVvRcGg(),=]$/;
const TEXT_FIELDS = ['name', 'ph', 'cat'] as const;
const TIME_FIELDS = ['ts', 'dur', 'tts', 'tdur'] as const;
/** What viewers look at. */
const CORE = ['name', 'cat', 'ph', 'ts', 'dur', 'tts', 'tdur', 'pid', 'tid', 'id', 's', 'bp'];
const NUMBER_FIELDS = ['pid', 'tid'] as const;
const MAX_ROUNDED = 2 ** 43;
const INSTANTS = /^[iI]$/;
const ASYNC = /^[bneSTpF]$/;
const FLOWS = /^[stf]$/;
/** As Perfetto reads a string: in hexadecimal. */
const FLOW_ID = /^(0x)?[0-9a-f]+$/i;

export interface EncodedEvent {
  readonly category: string;
  /** JSON without the braces. */
  readonly members: string;
  /** GIVEN_* flags. */
  readonly given: number;
}

/** An event as JSON members and GIVEN_* flags, or the reason why it cannot be written. */
export function encodeEvent(event: TraceEvent): EncodedEvent | string {
  let fields: Record<string, unknown>;
  let args: unknown;
  try {
    ({ args, ...fields } = { ...(event as object) } as Record<string, unknown>);
    // Read once: a getter may say something else the next time.
    if (fields['ph'] === 'C') args = { ...(args as object) };
  } catch {
    return 'emit() was given an event that cannot be read.';
  }
  fields['cat'] = fields['cat'] === undefined || fields['cat'] === '' ? 'default' : fields['cat'];
  const problem = wrongField(fields) ?? wrongForPhase(fields, args);
  if (problem !== undefined) return `emit() was given ${problem}.`;
  addDefaults(fields);
  roundTimes(fields);
  const given =
    (fields['pid'] === undefined ? 0 : GIVEN_PID) |
    (fields['tid'] === undefined ? 0 : GIVEN_TID) |
    (fields['ts'] === undefined ? 0 : GIVEN_TS);
  // One by one, so that each is there whatever the others are made of.
  const core = Object.fromEntries(CORE.map((field) => [field, fields[field]]));
  for (const field of CORE) delete fields[field];
  const more = jsonMembers(fields);
  const body = typeof args === 'object' && args !== null ? jsonMembers(args) : '';
  const members = `${jsonMembers(core)}${more === '' ? '' : `,${more}`},"args":{${body}}`;
  const category = core['cat'] as string;
  return { category, members, given };
}

/** What is wrong with an event of any phase. */
function wrongField(fields: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of TEXT_FIELDS) {
    if (typeof fields[field] !== 'string') return `an event whose '${field}' is not a string`;
  }
  if (!PHASES.test(fields['ph'] as string)) {
    return `an event of unknown phase ${JSON.stringify(fields['ph'])}`;
  }
  for (const field of TIME_FIELDS) {
    const value = fields[field];
    // A null here, which is what NaN turns into, stops Perfetto's parser for the rest of the file.
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < Infinity)) {
      return `an event whose '${field}' is not a finite number of microseconds`;
    }
  }
  for (const field of NUMBER_FIELDS) {
    const value = fields[field];
    if (
      value !== undefined &&
      !(Number.isInteger(value) && Number(value) >= 0 && Number(value) < UINT32)
    ) {
      return `an event whose '${field}' is not an unsigned 32-bit integer`;
    }
  }
  return undefined;
}

/** What viewers want of this phase and do not find. */
function wrongForPhase(fields: Readonly<Record<string, unknown>>, args: unknown) {
  const { ph, name, id, id2, s } = fields as Readonly<Record<string, unknown> & { ph: string }>;
  if (INSTANTS.test(ph) && s !== undefined && s !== 't' && s !== 'p' && s !== 'g') {
    return `an instant whose 's' is not 't', 'p' or 'g'`;
  }
  if (ph === 'C' && !isSeries(args)) return 'a counter whose args are not finite numbers';
  if (ASYNC.test(ph)) {
    if (name === '') return 'an async event without a name';
    // To DevTools an id that is empty or 0 is none.
    const has = (isId(id) && id !== '' && id !== 0) || (id === undefined && hasId2(id2));
    if (!has) return `an async event whose 'id' is not a string or an integer, or is empty or 0`;
  }
  if (FLOWS.test(ph) && !(isId(id) && (typeof id === 'number' ? id >= 0 : FLOW_ID.test(id)))) {
    return `a flow whose 'id' is not an integer or a hexadecimal string`;
  }
  return undefined;
}

/** Times as whole nanoseconds, which is what viewers keep: start and end, so that slices nest. */
function roundTimes(fields: Record<string, unknown>): void {
  const { ts, dur } = fields as { ts?: number; dur?: number };
  if (dur !== undefined) fields['dur'] = round((ts ?? 0) + dur, -round(ts ?? 0));
  if (ts !== undefined) fields['ts'] = round(ts);
}

function round(microseconds: number, plus = 0): number {
  // Beyond this, doubles are coarser than nanoseconds anyway.
  if (microseconds > MAX_ROUNDED) return microseconds + plus;
  return Math.round((Math.round(microseconds * 1000) / 1000 + plus) * 1000) / 1000;
}

function addDefaults(fields: Record<string, unknown>): void {
  const ph = fields['ph'] as string;
  if (ph === 'X') fields['dur'] ??= 0;
  else if (ph === 'f') fields['bp'] ??= 'e';
  else if (INSTANTS.test(ph)) fields['s'] ??= 't';
}

function isId(id: unknown): id is string | number {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

function hasId2(id2: unknown): boolean {
  try {
    const { local, global } = id2 as { local?: unknown; global?: unknown };
    return [local, global].some((part) => typeof part === 'string' && part !== '');
  } catch {
    return false;
  }
}

function isSeries(args: unknown): boolean {
  try {
    const values = Object.values(args as object);
    return values.length > 0 && values.every(Number.isFinite);
  } catch {
    return false;
  }
}
