import { type FindAnswer, Flag } from '../wire/questions.js';
import type { Arguments } from './arguments.js';
import { parseQuery, type Query } from './query.js';
import type { Tables } from './tables.js';
import { PARTS, partOf } from './trace-facts.js';

/** Slices, operations and instants that a text of a person's describes. */
export async function find(
  tables: Tables,
  args: Arguments,
  text: string,
  limit: number,
): Promise<FindAnswer> {
  const marks = new Array<number>(PARTS).fill(0);
  const query = parseQuery(text);
  if (typeof query === 'string') return { count: 0, hits: [], marks, problem: query };
  if (isEmpty(query)) return { count: 0, hits: [], marks, problem: undefined };
  const wanted = await withArguments(args, query.arguments);
  const first = new FirstOnes(tables.slices.starts, limit);
  let count = 0;
  forEachHit(tables, query, (slice) => {
    if (wanted !== undefined && wanted[slice] === 0) return;
    count++;
    marks[partOf(tables, tables.slices.starts[slice])]++;
    first.add(slice);
  });
  const hits = first.sorted().map((slice) => tables.facts(slice));
  return { count, hits, marks, problem: undefined };
}

function isEmpty(query: Query): boolean {
  const { words, categories, threads, arguments: args, least, most } = query;
  const texts = [words, categories, threads, args];
  return (
    least === 0 && most === Number.POSITIVE_INFINITY && texts.every((list) => list.length === 0)
  );
}

/** Goes over what has the right name, category, thread and length. */
function forEachHit(tables: Tables, query: Query, take: (slice: number) => void): void {
  const { words, categories, threads, least, most } = query;
  const { texts, labelNames, labelCategories, tracks } = tables.data;
  const has = (text: string, parts: readonly string[]) => {
    const lower = text.toLowerCase();
    return parts.every((part) => lower.includes(part));
  };
  const isWanted = Uint8Array.from(labelNames, (name, label) =>
    has(texts[name], words) && has(texts[labelCategories[label]], categories) ? 1 : 0,
  );
  const hasLength = least > 0 || most < Number.POSITIVE_INFINITY;
  const { labels, starts, ends, flags } = tables.slices;
  for (const [track, { lanes, name, note, parent }] of tracks.entries()) {
    if (lanes === 0) continue;
    const process = parent < 0 ? undefined : tracks[parent];
    const thread = `${name} ${note} ${process?.name ?? ''} ${process?.note ?? ''}`;
    if (!has(thread, threads)) continue;
    const [first, end] = tables.range(track);
    for (let slice = first; slice < end; slice++) {
      if (isWanted[labels[slice]] === 0) continue;
      if (hasLength) {
        const duration = ends[slice] - starts[slice];
        const isTimed = (flags[slice] & Flag.INSTANT) === 0;
        if (!isTimed || duration < least || duration > most) continue;
      }
      take(slice);
    }
  }
}

/** For each slice, whether its arguments have all of these texts in them; undefined where nobody asks. */
async function withArguments(
  args: Arguments,
  texts: readonly string[],
): Promise<Uint8Array | undefined> {
  let wanted: Uint8Array | undefined;
  for (const text of texts) {
    const hits = await args.with(text);
    wanted = wanted?.map((isWanted, slice) => isWanted & hits[slice]) ?? hits;
  }
  return wanted;
}

/** The first of many slices in the order of time, without keeping all of them. */
class FirstOnes {
  readonly #starts: Float64Array;
  readonly #limit: number;
  #slices: number[] = [];
  /** What begins later is none of them. */
  #latest = Number.POSITIVE_INFINITY;

  constructor(starts: Float64Array, limit: number) {
    this.#starts = starts;
    this.#limit = limit;
  }

  add(slice: number): void {
    if (this.#starts[slice] > this.#latest) return;
    this.#slices.push(slice);
    if (this.#slices.length < 2 * this.#limit + 1000) return;
    this.#slices = this.sorted();
    this.#latest = this.#starts[this.#slices[this.#slices.length - 1]];
  }

  sorted(): number[] {
    const starts = this.#starts;
    return this.#slices.sort((a, b) => starts[a] - starts[b] || a - b).slice(0, this.#limit);
  }
}
