import { GIVEN_PID, GIVEN_TID, GIVEN_TS } from '../arena/records.js';
import type { TraceEvent } from '../types.js';
import { jsonMembers } from './safe-json.js';

const UINT32 = 2 ** 32;
/** The phases of the format, and `I`, the older spelling of an instant. */
const PHASES = /^[BEXiICbnesStTpFfPNODMVvRcGg(),=]$/;
const TEXT_FIELDS = ['name', 'ph', 'cat'] as const;
const TIME_FIELDS = ['ts', 'dur', 'tts', 'tdur'] as const;
const NUMBER_FIELDS = ['pid', 'tid'] as const;

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
  try {
    fields = { ...(event as object) };
  } catch {
    return 'emit() was given an event that cannot be read.';
  }
  for (const field of TEXT_FIELDS) {
    if (field === 'cat' && fields[field] === undefined) fields[field] = 'default';
    if (typeof fields[field] !== 'string') {
      return `emit() was given an event whose '${field}' is not a string.`;
    }
  }
  if (!PHASES.test(fields['ph'] as string)) {
    return `emit() was given an event of unknown phase ${JSON.stringify(fields['ph'])}.`;
  }
  for (const field of TIME_FIELDS) {
    const value = fields[field];
    // A null here, which is what NaN turns into, stops Perfetto's parser for the rest of the file.
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < Infinity)) {
      return `emit() was given an event whose '${field}' is not a finite number of microseconds.`;
    }
  }
  for (const field of NUMBER_FIELDS) {
    const value = fields[field];
    if (
      value !== undefined &&
      !(Number.isInteger(value) && Number(value) >= 0 && Number(value) < UINT32)
    ) {
      return `emit() was given an event whose '${field}' is not an unsigned 32-bit integer.`;
    }
  }
  if (fields['ph'] === 'X' && fields['dur'] === undefined) fields['dur'] = 0;
  if (fields['ph'] === 'f') fields['bp'] ??= 'e';
  if (typeof fields['args'] !== 'object' || fields['args'] === null) fields['args'] = {};
  const given =
    (fields['pid'] === undefined ? 0 : GIVEN_PID) |
    (fields['tid'] === undefined ? 0 : GIVEN_TID) |
    (fields['ts'] === undefined ? 0 : GIVEN_TS);
  return { category: fields['cat'] as string, members: jsonMembers(fields), given };
}
