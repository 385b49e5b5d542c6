import type { ContainerProblem, ContainerRule } from './container-problem.js';
import { EventStarts, endBeforeList, type NextStart } from './event-starts.js';
import { isJson } from './is-json.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { isTooDeep } from './json-depth.js';
import {
  endBefore,
  endsString,
  isBehind,
  MORE,
  nextLineWithEvent,
  show,
  skipSpace,
  startsEvent,
  stringEnd,
} from './places.js';
import { WholeEvents } from './whole-events.js';

/**
 * Takes an element of the list of events: `bytes` from `start` to `end`, which may be used until
 * the call returns. `offset` is where it begins in the file. `isAscii` is true only if all its
 * bytes are ASCII; for what is no object it is always false.
 */
export type TakeText = (
  bytes: Buffer,
  start: number,
  end: number,
  offset: number,
  isAscii: boolean,
) => void;

/** Where reading stands in the list of events. */
export interface ListPosition {
  /** Number of elements of the list so far. */
  count: number;
  /** Whether the last thing in the list was an event, so that a comma has to follow. */
  afterEvent: boolean;
  /** Where the last comma stands in the file. */
  comma: number;
  /** No event is taken that begins here in the file, or behind it. */
  until: number;
}

/** A faster way to take events, for those that it can. */
export interface FastWay {
  /**
   * Takes elements of the list from `from` on, and keeps the position up to date; gives the place that
   * it came to. It stops before what is not whole or not sound, and need not take more than it likes:
   * what stands there is then looked at in the other way. The bytes begin at `base` in the file, and
   * end before a byte of 0 in a {@link MARGIN}.
   */
  take(bytes: Buffer, from: number, base: number, position: ListPosition): number;
}

/** An event that is longer than this is taken for one that has lost its end. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** Up to this depth it is known of brackets in an event whether they are those of lists. */
const MAX_KNOWN_DEPTH = 31;
/**
 * Given in place of where an object ends: a bracket closes it, so a brace is missing before that.
 */
const BROKEN = -2;

/** Finds the events in the list of a trace. Where something is broken it goes on at the next event. */
export class EventList {
  /** Of the trace that it stands in. */
  form: 'array' | 'object' | undefined;
  /** Where the bytes begin in the file. */
  base = 0;
  /** Whether no more bytes will come. */
  isFinal = false;
  /** Whether the bracket was there that ends it. */
  isClosed = false;
  /** Whether the file ends within an event. */
  isCut = false;
  /** Where the event begins that is not taken, as it is none before `until`. */
  stoppedAt: number | undefined;
  readonly #position: ListPosition = {
    count: 0,
    afterEvent: false,
    comma: -1,
    until: Number.POSITIVE_INFINITY,
  };
  readonly #take: TakeText;
  readonly #report: (problem: ContainerProblem) => void;
  readonly #fastWay: FastWay | undefined;
  readonly #whole = new WholeEvents();
  /** Where events begin behind what is broken, on whatever line. */
  readonly #starts = new EventStarts();
  /** The same behind what stands between events, and is none. */
  readonly #startsBetween = new EventStarts(true);
  /** What `#objectEnd()` has seen besides the end: whether the object is all ASCII. */
  #isAscii = false;

  constructor(take: TakeText, report: (problem: ContainerProblem) => void, fastWay?: FastWay) {
    this.#take = take;
    this.#report = report;
    this.#fastWay = fastWay;
  }

  /** Number of its elements so far. */
  get count(): number {
    return this.#position.count;
  }

  /** See {@link ListPosition}. */
  set until(place: number) {
    this.#position.until = place;
    this.stoppedAt = undefined;
  }

  /** Goes on at another place in the file, where an event begins. What is counted begins anew. */
  beginAt(place: number): void {
    this.base = place;
    this.stoppedAt = undefined;
    this.#position.count = 0;
    this.#position.afterEvent = false;
    this.#position.comma = -1;
  }

  /**
   * Takes what stands at a place, up to the end of the list; gives the place behind it, or MORE.
   *
   * @param room The bytes, with a {@link MARGIN} behind them.
   */
  step(bytes: Buffer, room: Buffer, at: number): number {
    const from = skipSpace(bytes, this.#fastWay?.take(room, at, this.base, this.#position) ?? at);
    const next = from < bytes.length ? this.#beforeEnd(bytes, from) : from;
    // What was taken in the fast way must not be looked at again.
    return next === MORE && from > at ? from : next;
  }

  #beforeEnd(bytes: Buffer, at: number): number {
    const { afterEvent, until } = this.#position;
    if (this.base + at < until || afterEvent || bytes[at] !== OPEN_BRACE)
      return this.#eventOrSeparator(bytes, at);
    this.stoppedAt = this.base + at;
    return MORE;
  }

  #eventOrSeparator(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (byte === COMMA) {
      if (!this.#position.afterEvent)
        this.#problem('extra-comma', this.base + at, "expected an event, found ','");
      this.#position.afterEvent = false;
      this.#position.comma = this.base + at;
      return at + 1;
    }
    if (byte === CLOSE_BRACKET) {
      const goesOn = this.form === 'array' ? this.#afterBracket(bytes, at) : at;
      if (goesOn !== at) return goesOn;
      if (!this.#position.afterEvent && this.#position.comma >= 0) {
        this.#problem(
          'trailing-comma',
          this.#position.comma,
          "expected an event after ',', found ']'",
        );
      }
      this.isClosed = true;
      return at + 1;
    }
    if (byte === CLOSE_BRACE && this.#position.afterEvent) {
      this.#problem('event-syntax', this.base + at, "expected ',' or ']', found '}'");
      return at + 1;
    }
    if (this.#position.afterEvent) {
      this.#problem('missing-comma', this.base + at, `expected ',' or ']', found ${show(byte)}`);
      this.#position.afterEvent = false;
    }
    const isObject = byte === OPEN_BRACE;
    if (isObject && this.#whole.lacksEnd(bytes, at, this.base)) {
      return this.#unfinished(bytes, at, true);
    }
    const end = isObject ? this.#objectEnd(bytes, at) : this.#otherEnd(bytes, at);
    // What may be the rest of an event: its commas and brackets are none of the list.
    if (!isObject && end >= 0 && !isElement(bytes, at, end)) {
      return this.#unfinished(bytes, at, true, this.#startsBetween);
    }
    if (end < 0) return this.#unfinished(bytes, at, end === BROKEN);
    this.#event(bytes, at, end, isObject && this.#isAscii);
    return end;
  }

  /** Hands an element of the list over. */
  #event(bytes: Buffer, at: number, end: number, isAscii: boolean): void {
    this.#position.count++;
    this.#position.afterEvent = true;
    this.#take(bytes, at, end, this.base + at, isAscii);
  }

  /**
   * A bracket that may belong to an event of which the first part is gone: where the next event
   * begins, if so; MORE where that is not to be seen; its own place where it closes the list.
   */
  #afterBracket(bytes: Buffer, at: number): number {
    const isFinal = this.isFinal || bytes.length - at >= MAX_EVENT_BYTES;
    const behind = skipSpace(bytes, at + 1);
    if (behind === bytes.length) return isFinal ? at : MORE;
    const endsLine = bytes.subarray(at, behind).includes(NEWLINE);
    if (endsLine) return at;
    const next = nextLineWithEvent(bytes, at);
    if (next === MORE) return isFinal ? at : MORE;
    const message = `expected the end of the file behind ']', found ${show(bytes[behind])}`;
    this.#problem('event-syntax', this.base + at, message);
    this.#position.afterEvent = false;
    return next;
  }

  /**
   * The place behind the brace that closes the object: MORE if it is not in these bytes, BROKEN if a
   * bracket closes it. Where something stands that JSON cannot have (an odd quote, an object where a key
   * belongs), a brace may be missing: from there on, the search stops at the next event, and the object
   * is taken to end before it.
   */
  #objectEnd(bytes: Buffer, from: number): number {
    let depth = 0;
    /** Whether each bracket that is open is one of a list, the innermost one last, as bits. */
    let lists = 0;
    let ascii = true;
    let to = bytes.length;
    let next: NextStart | undefined;
    for (let i = from; i < to; i++) {
      const byte = bytes[i];
      let oddFrom = -1;
      if (byte === QUOTE) {
        const begin = i;
        for (i++; i < to; i++) {
          const inside = bytes[i];
          if (inside === QUOTE) break;
          if (inside === BACKSLASH) i++;
          else if (inside >= 0x80) ascii = false;
          // JSON has no strings of several lines: if the next line begins an event, this one lacks
          // a quote, and is taken to end here.
          else if (inside === NEWLINE && startsEvent(bytes, i + 1)) {
            this.#isAscii = ascii;
            return endBefore(bytes, i);
          }
        }
        const behind = skipSpace(bytes, i + 1);
        if (behind < to && !endsString(bytes[behind])) oddFrom = begin + 1;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        const inObject = depth > 0 && depth <= MAX_KNOWN_DEPTH && (lists & 1) === 0;
        if (inObject && byte === OPEN_BRACE && isBehind(bytes, i, COMMA)) oddFrom = i;
        depth++;
        if (depth <= MAX_KNOWN_DEPTH) lists = (lists << 1) | (byte === OPEN_BRACKET ? 1 : 0);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth <= MAX_KNOWN_DEPTH) lists >>>= 1;
        depth--;
        if (depth === 0) {
          if (byte === CLOSE_BRACKET && bytes[from] === OPEN_BRACE) return BROKEN;
          this.#isAscii = ascii;
          return i + 1;
        }
      }
      if (oddFrom >= 0 && next === undefined) {
        next = this.#nextStart(bytes, from, oddFrom);
        to = next.at;
      }
    }
    if (next?.found !== true) return MORE;
    this.#isAscii = ascii;
    return endBefore(bytes, next.at);
  }

  /** The place behind something that is no object, and so no event; MORE or BROKEN. */
  #otherEnd(bytes: Buffer, from: number): number {
    if (bytes[from] === QUOTE) return stringEnd(bytes, from);
    if (bytes[from] === OPEN_BRACKET) return this.#objectEnd(bytes, from);
    for (let i = from + 1; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === COMMA || byte === CLOSE_BRACKET || byte === NEWLINE) return i;
    }
    return this.isFinal ? bytes.length : MORE;
  }

  /**
   * An event whose end was not found. If it can still come, MORE. Otherwise the event is lost, and
   * this gives the place of the next one, or the end of the bytes.
   */
  #unfinished(bytes: Buffer, at: number, isBroken: boolean, starts = this.#starts): number {
    if (!isBroken && !this.#isLast(bytes, at)) return MORE;
    this.#whole.survey(bytes, at, this.base, this.isFinal);
    const line = nextLineWithEvent(bytes, at);
    const start = starts.next(bytes, at + 1, this.base, this.#isLast(bytes, at));
    const next = start.found && (line === MORE || start.at < line) ? start.at : line;
    if (next !== MORE) {
      const message =
        starts === this.#starts
          ? 'expected the end of the event, found another one'
          : `expected an event, found ${show(bytes[at])}`;
      this.#problem('event-syntax', this.base + at, message);
      return next;
    }
    if (!this.#isLast(bytes, at)) return MORE;
    const end =
      this.isFinal && bytes[at] === OPEN_BRACE ? endBeforeList(bytes, at, this.form) : MORE;
    if (end !== MORE) {
      this.#event(bytes, at, end, false);
      return end;
    }
    if (this.isFinal) {
      const missing = `the file ends ${bytes.length - at} bytes later`;
      this.isCut = true;
      const message = `expected the end of the event, but ${missing}`;
      this.#problem('truncated', this.base + at, message);
    } else {
      const message = `expected the end of the event within ${MAX_EVENT_BYTES} bytes`;
      this.#problem('event-syntax', this.base + at, message);
    }
    return bytes.length;
  }

  /** Whether no more bytes are waited for with an event that begins at a place. */
  #isLast(bytes: Buffer, at: number): boolean {
    return this.isFinal || bytes.length - at >= MAX_EVENT_BYTES;
  }

  /** Where the next event begins, from a place on inside of one that begins at `at`. */
  #nextStart(bytes: Buffer, at: number, from: number): NextStart {
    return this.#starts.next(bytes, from, this.base, this.#isLast(bytes, at));
  }

  #problem(rule: ContainerRule, offset: number, message: string): void {
    this.#report({ rule, offset, message, isPassedOver: rule === 'event-syntax' });
  }
}

/** Whether what is no object is an element of the list all the same, of which nothing is missing. */
function isElement(bytes: Buffer, at: number, end: number): boolean {
  const behind = bytes[skipSpace(bytes, end)];
  if (behind !== undefined && behind !== COMMA && behind !== CLOSE_BRACKET) return false;
  const text = bytes.toString('utf8', at, end);
  return isTooDeep(text) || isJson(text);
}
