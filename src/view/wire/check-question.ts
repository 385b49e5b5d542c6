import type { Question } from './questions.js';

const MAX_PIXELS = 16_384;
/** A trace may have a hundred thousand counters, and all of them can be selected. */
const MAX_TRACKS = 200_000;
/** Times of a trace fit into 64 bits; what is asked for may lie a little beside them. */
const MAX_TIME = 2 ** 65;
const MAX_LIMIT = 10_000;
const MAX_TEXT = 1000;

/** Why a question cannot be answered. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
  readonly code = 'TRACELANE_BAD_QUESTION';
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A question with nothing in it but what is known, each number in its bounds: whoever answers need not
 * look again, but for whether slices and tracks are there.
 *
 * @throws {QuestionError} where it is none.
 */
export function checkQuestion(value: unknown): Question {
  if (typeof value !== 'object' || value === null)
    throw new QuestionError('A question is an object.');
  const fields = value as Fields;
  const { ask } = fields;
  switch (ask) {
    case 'trace':
    case 'requests':
      return { ask };
    case 'draw': {
      const pixels = whole(fields, 'pixels', 1, MAX_PIXELS);
      const belongingTo = isGiven(fields, 'belongingTo') ? slice(fields, 'belongingTo') : undefined;
      return { ask, ...range(fields), pixels, tracks: tracks(fields), belongingTo };
    }
    case 'slice':
      return { ask, slice: slice(fields, 'slice') };
    case 'step':
      return {
        ask,
        slice: slice(fields, 'slice'),
        by: oneOf(fields, 'by', ['lane', 'name']),
        forward: fields['forward'] === true,
      };
    case 'list':
      return { ask, ...range(fields), tracks: tracks(fields), limit: limit(fields) };
    case 'statistics':
      return { ask, ...range(fields), tracks: optionalTracks(fields) };
    case 'flame': {
      const direction = oneOf(fields, 'direction', ['down', 'up']);
      return { ask, ...range(fields), tracks: optionalTracks(fields), direction };
    }
    case 'find': {
      const { text } = fields;
      if (typeof text !== 'string' || text.length > MAX_TEXT) {
        throw new QuestionError(`text must be a text of ${MAX_TEXT} characters at the most.`);
      }
      return { ask, text, limit: limit(fields) };
    }
  }
  throw new QuestionError('Nobody knows this question.');
}

function isGiven(fields: Fields, name: string): boolean {
  return fields[name] !== undefined && fields[name] !== null;
}

function range(fields: Fields): { readonly from: number; readonly to: number } {
  const [from, to] = [fields['from'], fields['to']].map((time) => {
    if (typeof time === 'number' && Math.abs(time) <= MAX_TIME) return time;
    throw new QuestionError('from and to must be times in nanoseconds.');
  });
  if (from >= to) throw new QuestionError('from must be before to.');
  return { from, to };
}

function whole(fields: Fields, name: string, least: number, most: number): number {
  const value = fields[name];
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw new QuestionError(`${name} must be a whole number from ${least} to ${most}.`);
}

function slice(fields: Fields, name: string): number {
  return whole(fields, name, 0, 0xffff_fffe);
}

function limit(fields: Fields): number {
  return whole(fields, 'limit', 1, MAX_LIMIT);
}

function tracks(fields: Fields): number[] {
  const list = fields['tracks'];
  const isTrack = (track: unknown) => Number.isInteger(track) && (track as number) >= 0;
  if (Array.isArray(list) && list.length <= MAX_TRACKS && list.every(isTrack)) return list;
  throw new QuestionError(`tracks must be a list of ${MAX_TRACKS} tracks at the most.`);
}

function optionalTracks(fields: Fields): number[] | undefined {
  return isGiven(fields, 'tracks') ? tracks(fields) : undefined;
}

function oneOf<T extends string>(fields: Fields, name: string, values: readonly T[]): T {
  const value = values.find((known) => known === fields[name]);
  if (value === undefined) throw new QuestionError(`${name} must be ${values.join(' or ')}.`);
  return value;
}
