import type { ContainerProblem, ContainerRule } from './container-problem.js';
import { EventStarts, endBeforeList, type NextStart } from './event-starts.js';
import { isJson } from './is-json.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { MAX_MEMBER_BYTES, OtherMembers } from './other-members.js';
import {
  endBefore,
  endsString,
  isBehind,
  MORE,
  nextLineWithEvent,
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

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Where reading stands in the list of events. */
export interface ListPosition {
  /** Number of elements of the list so far. */
  count: number;
  /** Whether the last thing in the list was an event, so that a comma has to follow. */
  afterEvent: boolean;
  /** Where the last comma stands in the file. */
  comma: number;
}

/** A faster way to take events, for those that it can. */
export interface FastWay {
  /**
   * Takes elements of the list from `from` on, and keeps the position up to date; gives the place that
   * it came to. It stops before what is not whole or not sound, and need not take more than it likes:
   * what stands there is then looked at in the other way. The bytes begin at `base` in the file, and
   * end before a byte of 0.
   */
  take(bytes: Buffer, from: number, base: number, position: ListPosition): number;
}

/** An event that is longer than this is taken for one that has lost its end. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** What is read at once has so much room, which grows with the longest event, */
const FIRST_ROOM = 64 * 1024;
/** and shrinks again from here on. */
const LARGE_ROOM = 16 * 1024 * 1024;
/** Room behind the last byte: a byte of 0, and what is looked at together with it. */
const MARGIN = 8;
/** Up to this depth it is known of brackets in an event whether they are those of lists. */
const MAX_KNOWN_DEPTH = 31;
/**
 * Given in place of where an object ends: a bracket closes it, so a brace is missing before that.
 */
const BROKEN = -2;

/** What is expected next. */
type State =
  | 'start'
  | 'events'
  | 'key'
  | 'colon'
  | 'value'
  | 'after member'
  /** Nothing: the list of events, and what is around it, is closed. */
  | 'closed'
  /**
   * Whatever comes is passed over: no events can be found in it, or text behind the end was
   * reported.
   */
  | 'given up';

/**
 * Finds the events in the bytes of a trace. There are two forms: `[…]`, and `{"traceEvents":[…]}`.
 * It looks at brackets, quotes and commas only. Where something is broken it goes on at the next
 * event, so that a damaged file still gives all events that are whole.
 *
 * Why this is no library: the streaming JSON parsers that there are build every value themselves.
 * stream-json reads 7 MB/s and @streamparser/json 21 MB/s; this and JSON.parse read 100.
 */
export class EventSplitter {
  form: 'array' | 'object' | undefined;
  /** Whether the list of events, and the object around it, was closed. */
  closed = false;
  /** Whether the file ends before that. False, like `closed`, if reading was given up. */
  truncated = false;
  readonly #others = new OtherMembers();
  readonly #position: ListPosition = { count: 0, afterEvent: false, comma: -1 };

  readonly #take: TakeText;
  readonly #report: (problem: ContainerProblem) => void;
  readonly #fastWay: FastWay | undefined;
  #state: State = 'start';
  /**
   * The bytes that are looked at: the begin of something whose end has not come yet, and what has
   * come since.
   */
  #room = Buffer.alloc(FIRST_ROOM);
  #length = 0;
  /** How many of them were not looked at. */
  #fresh = 0;
  /** Where they begin in the file. */
  #base = 0;
  /** Whether no more bytes will come. */
  #final = false;
  /** Whether the list of events has begun. */
  #foundEvents = false;
  readonly #wholeEvents = new WholeEvents();
  /** Where events begin behind what is broken, on whatever line. */
  readonly #starts = new EventStarts();
  /** What `#objectEnd()` has seen besides the end: whether the object is all ASCII. */
  #isAscii = false;

  constructor(take: TakeText, report: (problem: ContainerProblem) => void, fastWay?: FastWay) {
    this.#take = take;
    this.#report = report;
    this.#fastWay = fastWay;
  }

  /** Number of elements of the list so far. */
  get count(): number {
    return this.#position.count;
  }

  /** What stands beside the events in the object form. */
  get members(): ReadonlyMap<string, unknown> {
    return this.#others.values;
  }

  /** Names of members that were too long, too deep or too many to be kept. */
  get membersLeftOut(): ReadonlySet<string> {
    return this.#others.leftOut;
  }

  push(block: Uint8Array): void {
    this.#append(block);
    // A long event comes in many blocks, and is looked at from its begin each time. Doing that only
    // when there is twice as much of it keeps the work linear.
    if (2 * this.#fresh < this.#length && !this.#final) return;
    const used = this.#run(this.#room.subarray(0, this.#length));
    this.#base += used;
    this.#length -= used;
    this.#fresh = 0;
    this.#room.copyWithin(0, used, used + this.#length);
  }

  #append(block: Uint8Array): void {
    const length = this.#length + block.length;
    const room = this.#room;
    const isTooLarge = room.length > LARGE_ROOM && 4 * length < room.length;
    if (length + MARGIN > room.length || isTooLarge) {
      this.#room = Buffer.alloc(2 * length + MARGIN);
      this.#room.set(room.subarray(0, this.#length));
    }
    this.#room.set(block, this.#length);
    this.#room[length] = 0;
    this.#length = length;
    this.#fresh += block.length;
  }

  /** There are no more bytes. */
  end(): void {
    this.#final = true;
    this.push(Buffer.alloc(0));
    if (this.closed || this.truncated || this.#state === 'given up') return;
    const offset = this.#base + this.#length;
    if (this.#state === 'start') {
      this.#problem('container-start', offset, "the file is empty: expected '[' or '{'");
    } else if (this.form === 'object' && !this.#foundEvents) {
      this.#problem('container-array', offset, 'expected "traceEvents", but the file ends');
    } else if (this.#state === 'events') {
      const closing = this.form === 'array' ? "']'" : "']}'";
      this.#cut(offset, `expected ${closing}, but the file ends`);
    } else this.#cut(offset, "expected '}', but the file ends");
  }

  #cut(offset: number, message: string): void {
    this.truncated = true;
    this.#problem('truncated', offset, message);
  }

  /** Looks at the bytes; gives how many of them need not be looked at again. */
  #run(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const insideMember = this.#state === 'value' && this.#others.isInside;
      if (!insideMember) at = skipSpace(bytes, at);
      if (at >= bytes.length) return at;
      if (insideMember) {
        at = this.#passOver(bytes, at);
        continue;
      }
      const next = this.#step(bytes, at);
      if (next === MORE) return at;
      at = next;
    }
  }

  /** Takes what stands at a place; gives the place behind it, or MORE. */
  #step(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    switch (this.#state) {
      case 'start':
        return this.#start(bytes, at);
      case 'events': {
        const from = skipSpace(bytes, this.#passFast(at));
        const next = from < bytes.length ? this.#eventOrSeparator(bytes, from) : from;
        // What was taken in the fast way must not be looked at again.
        return next === MORE && from > at ? from : next;
      }
      case 'key': {
        if (byte === CLOSE_BRACE) return this.#close(at);
        const end = byte === QUOTE ? stringEnd(bytes, at) : this.#giveUp(bytes, at, 'a name');
        if (end === MORE && bytes.length - at > MAX_MEMBER_BYTES) {
          return this.#giveUp(bytes, at, 'the end of a name');
        }
        if (end === MORE) return this.#final ? bytes.length : MORE;
        this.#others.key = parseString(bytes.toString('utf8', at, end));
        this.#state = 'colon';
        return end;
      }
      case 'colon':
        if (byte !== COLON) return this.#giveUp(bytes, at, "':'");
        this.#state = 'value';
        return at + 1;
      case 'value':
        if (this.#others.key === 'traceEvents') {
          if (byte !== OPEN_BRACKET) {
            this.#problem(
              'container-array',
              this.#base + at,
              `expected '[' for the list of events, found ${show(byte)}`,
            );
            return this.#passOverRest(bytes);
          }
          this.#foundEvents = true;
          this.#state = 'events';
          return at + 1;
        }
        return this.#passOver(bytes, at);
      case 'after member':
        if (byte === CLOSE_BRACE) return this.#close(at);
        if (byte !== COMMA) return this.#giveUp(bytes, at, "',' or '}'");
        this.#state = 'key';
        return at + 1;
      case 'closed': {
        const message = `expected the end of the file, found ${show(byte)}`;
        this.#problem('trailing-data', this.#base + at, message);
        return this.#passOverRest(bytes);
      }
      case 'given up':
        return bytes.length;
    }
  }

  #start(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (byte === BYTE_ORDER_MARK[0]) {
      const mark = bytes.subarray(at, at + BYTE_ORDER_MARK.length);
      if (mark.length < BYTE_ORDER_MARK.length && !this.#final) return MORE;
      if (mark.equals(BYTE_ORDER_MARK)) {
        const message = "expected '[' or '{', found a byte order mark before it";
        this.#problem('byte-order-mark', this.#base + at, message);
        return at + mark.length;
      }
    }
    if (byte === OPEN_BRACKET) {
      this.form = 'array';
      this.#foundEvents = true;
      this.#state = 'events';
    } else if (byte === OPEN_BRACE) {
      this.form = 'object';
      this.#state = 'key';
    } else {
      const message = `expected '[' or '{', found ${show(byte)}`;
      this.#problem('container-start', this.#base + at, message);
      return this.#passOverRest(bytes);
    }
    return at + 1;
  }

  /** Takes what can be taken in the fast way; gives the place that this came to. */
  #passFast(at: number): number {
    const fast = this.#fastWay;
    return fast?.take(this.#room, at, this.#base, this.#position) ?? at;
  }

  #eventOrSeparator(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (byte === COMMA) {
      if (!this.#position.afterEvent)
        this.#problem('event-syntax', this.#base + at, 'expected an event');
      this.#position.afterEvent = false;
      this.#position.comma = this.#base + at;
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
      this.#state = 'after member';
      return this.form === 'array' ? this.#close(at) : at + 1;
    }
    if (byte === CLOSE_BRACE && this.#position.afterEvent) {
      this.#problem('event-syntax', this.#base + at, "expected ',' or ']', found '}'");
      return at + 1;
    }
    if (this.#position.afterEvent) {
      this.#problem('missing-comma', this.#base + at, `expected ',' or ']', found ${show(byte)}`);
      this.#position.afterEvent = false;
    }
    const isObject = byte === OPEN_BRACE;
    if (isObject && this.#wholeEvents.lacksEnd(bytes, at, this.#base)) {
      return this.#unfinished(bytes, at, true);
    }
    const end = isObject ? this.#objectEnd(bytes, at) : this.#otherEnd(bytes, at);
    // What may be the rest of an event: its commas and brackets are none of the list.
    if (!isObject && end >= 0 && !isElement(bytes, at, end)) {
      return this.#unfinished(bytes, at, true);
    }
    if (end < 0) return this.#unfinished(bytes, at, end === BROKEN);
    this.#event(bytes, at, end, isObject && this.#isAscii);
    return end;
  }

  /** Hands an element of the list over. */
  #event(bytes: Buffer, at: number, end: number, isAscii: boolean): void {
    this.#position.count++;
    this.#position.afterEvent = true;
    this.#take(bytes, at, end, this.#base + at, isAscii);
  }

  /**
   * A bracket that may belong to an event of which the first part is gone: where the next event
   * begins, if so; MORE where that is not to be seen; its own place where it closes the list.
   */
  #afterBracket(bytes: Buffer, at: number): number {
    const isFinal = this.#final || bytes.length - at >= MAX_EVENT_BYTES;
    const behind = skipSpace(bytes, at + 1);
    if (behind === bytes.length) return isFinal ? at : MORE;
    const endsLine = bytes.subarray(at, behind).includes(NEWLINE);
    if (endsLine) return at;
    const next = nextLineWithEvent(bytes, at);
    if (next === MORE) return isFinal ? at : MORE;
    const message = `expected the end of the file behind ']', found ${show(bytes[behind])}`;
    this.#problem('event-syntax', this.#base + at, message);
    this.#position.afterEvent = false;
    return next;
  }

  /**
   * The place behind the closing brace of the object, MORE or BROKEN. From the first thing on that JSON
   * does not have there, an odd quote or an object in the place of a key, it is looked for only up to
   * the next event: where it does not come before that, the object is taken to end there.
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
    return this.#final ? bytes.length : MORE;
  }

  /**
   * An event whose end was not found. If it can still come, MORE. Otherwise the event is lost, and
   * this gives the place of the next one, or the end of the bytes.
   */
  #unfinished(bytes: Buffer, at: number, isBroken: boolean): number {
    if (!isBroken && !this.#isLast(bytes, at)) return MORE;
    this.#wholeEvents.survey(bytes, at, this.#base, this.#final);
    const line = nextLineWithEvent(bytes, at);
    const start = this.#nextStart(bytes, at, at + 1);
    const next = start.found && (line === MORE || start.at < line) ? start.at : line;
    if (next !== MORE) {
      const message = 'expected the end of the event, found another one';
      this.#problem('event-syntax', this.#base + at, message);
      return next;
    }
    if (!this.#isLast(bytes, at)) return MORE;
    const end =
      this.#final && bytes[at] === OPEN_BRACE ? endBeforeList(bytes, at, this.form) : MORE;
    if (end !== MORE) {
      this.#event(bytes, at, end, false);
      return end;
    }
    if (this.#final) {
      const missing = `the file ends ${bytes.length - at} bytes later`;
      this.#cut(this.#base + at, `expected the end of the event, but ${missing}`);
    } else {
      const message = `expected the end of the event within ${MAX_EVENT_BYTES} bytes`;
      this.#problem('event-syntax', this.#base + at, message);
    }
    return bytes.length;
  }

  /** Whether no more bytes are waited for with an event that begins at a place. */
  #isLast(bytes: Buffer, at: number): boolean {
    return this.#final || bytes.length - at >= MAX_EVENT_BYTES;
  }

  /** Where the next event begins, from a place on inside of one that begins at `at`. */
  #nextStart(bytes: Buffer, at: number, from: number): NextStart {
    return this.#starts.next(bytes, from, this.#base, this.#isLast(bytes, at));
  }

  /** Passes over the value of a member, or over the part of it that stands in these bytes. */
  #passOver(bytes: Buffer, from: number): number {
    const end = this.#others.take(bytes, from);
    if (end < bytes.length) this.#state = 'after member';
    return end;
  }

  #close(at: number): number {
    if (this.form === 'object' && !this.#foundEvents) {
      const message = 'expected a member "traceEvents" with the list of events';
      this.#problem('container-array', this.#base + at, message);
    }
    this.closed = true;
    this.#state = 'closed';
    return at + 1;
  }

  /** The object around the list is broken: there is no telling what the rest of the file is. */
  #giveUp(bytes: Buffer, at: number, expected: string): number {
    const rule = this.#foundEvents ? 'trailing-data' : 'container-array';
    this.#problem(rule, this.#base + at, `expected ${expected}, found ${show(bytes[at])}`);
    return this.#passOverRest(bytes);
  }

  #passOverRest(bytes: Buffer): number {
    this.#state = 'given up';
    return bytes.length;
  }

  #problem(rule: ContainerRule, offset: number, message: string): void {
    this.#report({ rule, offset, message });
  }
}

/** Whether what is no object is an element of the list all the same, of which nothing is missing. */
function isElement(bytes: Buffer, at: number, end: number): boolean {
  const behind = bytes[skipSpace(bytes, end)];
  if (behind !== undefined && behind !== COMMA && behind !== CLOSE_BRACKET) return false;
  return isJson(bytes.toString('utf8', at, end));
}

function parseString(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function show(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the file';
  const printable = byte > 0x20 && byte < 0x7f;
  return printable ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`;
}
