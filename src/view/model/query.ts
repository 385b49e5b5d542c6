import { inUnits, TIMES } from '../../trace-event/units.js';

/** What a person looks for, as it was understood: all of it must hold. */
export interface Query {
  /** Parts of the name, in small letters. */
  readonly words: readonly string[];
  readonly categories: readonly string[];
  readonly threads: readonly string[];
  /** Parts of the arguments, as they are written there. */
  readonly arguments: readonly string[];
  /** Nanoseconds. */
  readonly least: number;
  readonly most: number;
}

const TOKEN = /(?:(?<key>[a-z]+):)?(?:"(?<quoted>[^"]*)"?|(?<plain>\S+))/giu;
const IS_DURATION = /^dur[<>=]/;
const DURATION = /^dur(?<sign>[<>]=?|=)(?<number>\d+(?:\.\d+)?)(?<unit>ns|[uµm]?s)$/u;

/** What may stand before a colon: what it is for, and an example. */
const KEYS: ReadonlyMap<string | undefined, readonly [list: Texts, example: string]> = new Map([
  ['name', ['words', 'query']],
  ['cat', ['categories', 'db']],
  ['thread', ['threads', 'worker']],
  ['arg', ['arguments', '42']],
]);
type Texts = 'words' | 'categories' | 'threads' | 'arguments';
type Changing<T> = { -readonly [Field in keyof T]: T[Field] };

/** The query that a text stands for, or what is wrong with it, for a person. */
export function parseQuery(text: string): Query | string {
  const texts: Record<Texts, string[]> = { words: [], categories: [], threads: [], arguments: [] };
  const query: Changing<Query> = { ...texts, least: 0, most: Number.POSITIVE_INFINITY };
  for (const [token, key, quoted, plain] of text.matchAll(TOKEN)) {
    if (IS_DURATION.test(token)) {
      if (!limit(query, token)) {
        return `${token}: a time was expected, like dur>10ms. Units are ns, us, ms and s.`;
      }
      continue;
    }
    const value = quoted ?? plain;
    const [list, example] = KEYS.get(key) ?? ['words'];
    if (example !== undefined && value === '') {
      return `${key}: needs a text behind it, like ${key}:${example}.`;
    }
    // A colon may be part of what is looked for.
    const wanted = key === undefined || example !== undefined ? value : token;
    texts[list].push(list === 'arguments' ? wanted : wanted.toLowerCase());
  }
  return query;
}

/** Takes a condition like `dur>10ms` into account; false where it is none. */
function limit(query: Changing<Query>, token: string): boolean {
  const { sign = '', number, unit } = DURATION.exec(token)?.groups ?? {};
  if (number === undefined || unit === undefined) return false;
  const time = inUnits(number, unit, TIMES);
  if (sign[0] !== '<') query.least = Math.max(query.least, sign === '>' ? above(time) : time);
  if (sign[0] !== '>') query.most = Math.min(query.most, sign === '<' ? below(time) : time);
  return true;
}

/** Whole nanoseconds above, and below, a time. */
function above(time: number): number {
  return Math.floor(time) + 1;
}

function below(time: number): number {
  return Math.ceil(time) - 1;
}
