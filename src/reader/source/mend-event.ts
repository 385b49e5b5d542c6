/** What can be wrong with the text of an event so that what is meant can still be told. */
export type Mend =
  | 'control-character'
  | 'lone-backslash'
  | 'stray-quote'
  | 'foreign-literal'
  | 'extra-comma';

/** What was wrong, in words. */
export const MEND_MESSAGES: Readonly<Record<Mend, string>> = {
  'control-character': 'a control character in a string is not escaped',
  'lone-backslash': 'a backslash in a string is not escaped',
  'stray-quote': 'a quote in a string is not escaped',
  'foreign-literal': 'a value is written as another language writes it, like NaN, inf or None',
  'extra-comma': 'there is a comma too many',
};

export interface MendedText {
  readonly value: unknown;
  readonly mends: ReadonlySet<Mend>;
}

/** One of: white space, a bracket or colon, commas, a quote, a bare word or number. */
const TOKEN = /\s+|[{}[\]:]|,(?:\s*,)*|"|[^\s{}[\],:"]+/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;
/** As C, C++, C#, Java and Python print what is no number: nan, -nan(ind), inf, 1.#QNAN, … */
const NOT_FINITE = /^([+-]?)(?:(nan)(?:\(\w*\))?|inf(?:inity)?|1\.?#(?:inf|(ind|qnan|snan))0*)$/i;
const HEXADECIMAL = /^0x[\da-f]+$/i;
/** 007, +1, .5 and 5. */
const LOOSE_NUMBER = /^([+-]?)0*(\d*)(?:\.(\d*))?(e[+-]?\d+)?$/i;
const WORDS: ReadonlyMap<string, string> = new Map([
  ['None', 'null'],
  ['True', 'true'],
  ['False', 'false'],
]);
const SPACE = /\s*/y;
/** What can follow a string that is a value of an object, or of a list. */
const BEHIND_VALUE = /\s*(?:,[\s,]*["}]|\}|$)/y;
const BEHIND_ELEMENT = /\s*(?:,[\s,]*(?:["{[\]\-\d]|(?:true|false|null)\b)|\])/y;
const BEHIND_KEY = /\s*:/y;
/** What can follow a backslash in JSON. */
const ESCAPE = /["\\/bfnrt]|u[\da-fA-F]{4}/y;
/** What does not stand for itself in a string: a quote, a backslash with what it escapes, a control character. */
const ODD = new RegExp(`"|\\\\(?:${ESCAPE.source})?|[^ -\\uffff]`, 'g');

/**
 * The value of a text that is nearly JSON, and what is wrong with it; undefined where it cannot be
 * told what is meant.
 */
export function mend(text: string): MendedText | undefined {
  // A quote may close its string, or stand in the middle of it, unescaped: the second way of reading
  // is for texts that the first one makes no sense of.
  for (const hasStrayQuotes of [false, true]) {
    const mender = new Mender(text, hasStrayQuotes);
    const mended = mender.run();
    if (mended === undefined) continue;
    try {
      return { value: JSON.parse(mended), mends: mender.mends };
    } catch {
      // Something else is wrong.
    }
  }
  return undefined;
}

class Mender {
  readonly mends = new Set<Mend>();
  readonly #text: string;
  readonly #hasStrayQuotes: boolean;
  /** The last token that is no white space. */
  #last = '';
  /** The brackets that are open. */
  readonly #open: string[] = [];
  #at = 0;

  constructor(text: string, hasStrayQuotes: boolean) {
    this.#text = text;
    this.#hasStrayQuotes = hasStrayQuotes;
  }

  /** The text as JSON has it; undefined if there is something in it that is nothing like JSON. */
  run(): string | undefined {
    const pieces: string[] = [];
    while (this.#at < this.#text.length) {
      const [token = ''] = match(TOKEN, this.#text, this.#at) ?? [];
      const piece = token === '"' ? this.#string() : this.#token(token);
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    return pieces.join('');
  }

  #token(token: string): string | undefined {
    const [first = ''] = token;
    this.#at += token.length;
    if (first.trim() === '') return token;
    if (first === ',') return this.#commas(token);
    const [before, after] = [this.#last, first];
    this.#last = after;
    if ('{['.includes(first)) this.#open.push(first);
    else if ('}]'.includes(first)) this.#open.pop();
    else if (first !== ':')
      return before === ':' || before === '[' || before === ',' ? this.#word(token) : undefined;
    return token;
  }

  #commas(token: string): string {
    const space = match(SPACE, this.#text, this.#at)?.[0].length ?? 0;
    const next = this.#text[this.#at + space] ?? '';
    const isSeparator = !'{[:'.includes(this.#last || '{') && !'}]'.includes(next || '}');
    if (token !== ',' || !isSeparator) this.mends.add('extra-comma');
    if (isSeparator) this.#last = ',';
    return isSeparator ? ',' : '';
  }

  /** A number or a literal. */
  #word(word: string): string | undefined {
    if (NUMBER.test(word) || word === 'true' || word === 'false' || word === 'null') return word;
    const mended = mendWord(word);
    if (mended !== undefined) this.mends.add('foreign-literal');
    return mended;
  }

  #string(): string | undefined {
    const from = this.#at + 1;
    const to = this.#stringEnd(from);
    if (to < 0) return undefined;
    this.#at = to + 1;
    this.#last = '"';
    return `"${this.#mendString(this.#text.slice(from, to))}"`;
  }

  /** The place of the quote that closes a string; -1 if there is none. */
  #stringEnd(from: number): number {
    const text = this.#text;
    const isElement = this.#open.at(-1) === '[';
    const isKey = !isElement && this.#last !== ':';
    const behind = isKey ? BEHIND_KEY : isElement ? BEHIND_ELEMENT : BEHIND_VALUE;
    for (let at = from; at < text.length; at++) {
      const isEscaped = text[at] === '\\';
      if (isEscaped) at++;
      if (text[at] !== '"') continue;
      if (this.#hasStrayQuotes ? match(behind, text, at + 1) !== null : !isEscaped) return at;
    }
    return -1;
  }

  #mendString(string: string): string {
    const isLiteral = hasLoneBackslash(string);
    return string.replace(ODD, (odd) => {
      if (odd === '"') {
        this.mends.add('stray-quote');
        return '\\"';
      }
      if (odd < ' ') {
        this.mends.add('control-character');
        return JSON.stringify(odd).slice(1, -1);
      }
      const sequence = odd.slice(1);
      // Where one backslash is none of JSON's, the others are none either: C:\Users\new.
      const isEscape = sequence !== '' && (!isLiteral || '"\\/'.includes(sequence));
      if (isEscape) return odd;
      this.mends.add('lone-backslash');
      return `\\\\${sequence}`;
    });
  }
}

/** Whether a string has a backslash that escapes nothing. */
function hasLoneBackslash(string: string): boolean {
  for (let at = string.indexOf('\\'); at >= 0; at = string.indexOf('\\', at)) {
    const [sequence] = match(ESCAPE, string, at + 1) ?? [];
    if (sequence === undefined) return true;
    at += 1 + sequence.length;
  }
  return false;
}

/** What is no number in JSON becomes text, which says what it was. */
function mendWord(word: string): string | undefined {
  const [, sign, ...nan] = NOT_FINITE.exec(word) ?? [];
  if (sign !== undefined) {
    if (nan.some((part) => part !== undefined)) return '"NaN"';
    return sign === '-' ? '"-Infinity"' : '"Infinity"';
  }
  if (HEXADECIMAL.test(word)) return `"${word}"`;
  const [loose, minus, whole = '', fraction = '', exponent = ''] = LOOSE_NUMBER.exec(word) ?? [];
  if (loose === undefined || !/\d/.test(loose)) return WORDS.get(word);
  const point = fraction === '' ? '' : `.${fraction}`;
  return `${minus === '-' ? '-' : ''}${whole || '0'}${point}${exponent}`;
}

function match(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}
