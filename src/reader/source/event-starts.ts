import { isJson } from './is-json.js';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { endsString, isBehind, MORE, skipSpace, stringEnd } from './places.js';

const PHASE = Buffer.from('"ph"');
/** Deeper than this no phase is looked for: objects in one another would each be walked to the end. */
const MAX_LOOK_DEPTH = 64;
/** Behind an odd quote the phase is looked for in so many bytes. */
const MAX_LOOK_BYTES = 4096;

/** What is known of the next begin of an event. */
export interface NextStart {
  /** Where it is; if it was not found, there is none before this place. */
  readonly at: number;
  readonly found: boolean;
}

/**
 * Finds where events begin in text that is broken, though nothing there can be trusted: an object that has
 * a `ph` of its own. Places are looked at once, however often they are asked for.
 */
export class EventStarts {
  readonly #isBetween: boolean;
  /** Bytes of the file from here to there were looked at; if found, an event begins behind them. */
  #from = 0;
  #to = 0;
  #found = false;

  /**
   * @param isBetween Whether the text stands between events: then an object is an event unless it is a value
   *   of another. In an event it has to come behind a comma or a brace.
   */
  constructor(isBetween = false) {
    this.#isBetween = isBetween;
  }

  /**
   * The first begin from a place on in the bytes, which begin at `base` in the file.
   *
   * @param isFinal Whether no more bytes will come.
   */
  next(bytes: Buffer, from: number, base: number, isFinal: boolean): NextStart {
    const place = base + from;
    if (place < this.#from || place > this.#to) {
      this.#from = place;
      this.#to = place;
      this.#found = false;
    }
    if (!this.#found) this.#search(bytes, this.#to - base, base, isFinal);
    return { at: this.#to - base, found: this.#found };
  }

  #search(bytes: Buffer, from: number, base: number, isFinal: boolean): void {
    let at = bytes.indexOf(OPEN_BRACE, from);
    for (; at >= 0; at = bytes.indexOf(OPEN_BRACE, at + 1)) {
      const mayBeEvent = this.#isBetween
        ? !isBehind(bytes, at, COLON, OPEN_BRACKET)
        : isBehind(bytes, at, COMMA, CLOSE_BRACE);
      const isEvent = mayBeEvent && hasPhase(bytes, at);
      if (isEvent === false || (isEvent === undefined && isFinal)) continue;
      this.#to = base + at;
      this.#found = isEvent === true;
      return;
    }
    this.#to = base + bytes.length;
  }
}

/** The end of the list is looked for behind so many braces at the most, and in so many bytes. */
const MAX_LAST_BRACES = 100;
const MAX_LAST_BYTES = 1024 * 1024;

/**
 * Where the last event of a list ends that lacks its end, by what stands behind it up to the end of the
 * file: a bracket, and in the object form what closes the object. -1 where the list is not closed.
 */
export function endBeforeList(
  bytes: Buffer,
  from: number,
  form: 'array' | 'object' | undefined,
): number {
  if (bytes.length - from > MAX_LAST_BYTES) return -1;
  const opening = form === 'object' ? '{"":[' : '[';
  let brace = bytes.indexOf(CLOSE_BRACE, from);
  for (let i = 0; brace >= 0 && i < MAX_LAST_BRACES; i++) {
    const end = brace + 1;
    const bracket = skipSpace(bytes, end);
    if (bytes[bracket] === CLOSE_BRACKET && isJson(opening + bytes.toString('utf8', bracket)))
      return end;
    brace = bytes.indexOf(CLOSE_BRACE, end);
  }
  return -1;
}

/** Whether the object that begins here has a phase of its own. Undefined where more bytes have to say so. */
function hasPhase(bytes: Buffer, from: number): boolean | undefined {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === MAX_LOOK_DEPTH) return false;
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return false;
    } else if (byte === QUOTE) {
      const end = stringEnd(bytes, at);
      const behind = end === MORE ? bytes.length : skipSpace(bytes, end);
      if (behind === bytes.length) return undefined;
      const isPhase = end - at === PHASE.length && PHASE.compare(bytes, at, end) === 0;
      if (isPhase && depth === 1 && bytes[behind] === COLON) return true;
      if (!endsString(bytes[behind])) return hasPhaseBeforeBrace(bytes, end);
      at = end - 1;
    } else if (at === from + 1 && !isSpace(byte)) return false;
  }
  return undefined;
}

/** The same behind an odd quote, where there is no telling what is a string. */
function hasPhaseBeforeBrace(bytes: Buffer, from: number): boolean | undefined {
  const look = bytes.subarray(from, from + MAX_LOOK_BYTES);
  const brace = look.indexOf(CLOSE_BRACE);
  if (brace < 0 && look.length < MAX_LOOK_BYTES) return undefined;
  return look.subarray(0, brace < 0 ? look.length : brace).includes(PHASE);
}
