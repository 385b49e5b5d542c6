import type { ContainerProblem, ContainerRule } from './container-problem.js';
import { EventList, type FastWay, type TakeText } from './event-list.js';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  MARGIN,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { MAX_MEMBER_BYTES, OtherMembers } from './other-members.js';
import { MORE, show, skipSpace, stringEnd } from './places.js';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
/** By so many bytes a text in UTF-16 is told. */
const UTF16_START = 3;

/** Room for what is read at once. It grows with the longest event. */
const FIRST_ROOM = 64 * 1024;
/** Room that has grown beyond this shrinks again when little of it is needed. */
const LARGE_ROOM = 16 * 1024 * 1024;

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
  /** Whether the list of events, and the object around it, was closed. */
  closed = false;
  readonly #list: EventList;
  readonly #others = new OtherMembers();
  readonly #report: (problem: ContainerProblem) => void;
  #state: State = 'start';
  /**
   * The bytes that are looked at: the begin of something whose end has not come yet, and what has
   * come since.
   */
  #room = Buffer.alloc(FIRST_ROOM);
  #length = 0;
  /** How many of them were not looked at. */
  #fresh = 0;
  /** Whether the list of events has begun. */
  #foundEvents = false;
  /** Where the last member begins in the file that stands beside the list. */
  #memberStart = 0;
  /** Where the last comma between members stands in the file; -1 before there was one. */
  #comma = -1;
  /** Whether the file ends outside of events, and too early. */
  #isCut = false;

  constructor(take: TakeText, report: (problem: ContainerProblem) => void, fastWay?: FastWay) {
    this.#list = new EventList(take, report, fastWay);
    this.#report = report;
  }

  /** Whether the file ends before it is closed. False, like `closed`, if reading was given up. */
  get truncated(): boolean {
    return this.#isCut || this.#list.isCut;
  }

  get form(): 'array' | 'object' | undefined {
    return this.#list.form;
  }

  /** Number of elements of the list so far. */
  get count(): number {
    return this.#list.count;
  }

  /** What stands beside the events in the object form. */
  get members(): ReadonlyMap<string, unknown> {
    return this.#others.values;
  }

  /** See {@link OtherMembers}. */
  get membersLeftOut(): ReadonlySet<string> {
    return this.#others.leftOut;
  }

  /** See {@link EventList}. */
  get stoppedAt(): number | undefined {
    return this.#list.stoppedAt;
  }

  /** See {@link EventList}. */
  set until(place: number) {
    this.#list.until = place;
  }

  /** Goes on at another place in a file of that form, where an event of the list begins. */
  beginAt(place: number, form: 'array' | 'object'): void {
    this.#list.form = form;
    this.#list.beginAt(place);
    this.#foundEvents = true;
    this.#state = 'events';
    this.#length = 0;
    this.#fresh = 0;
  }

  push(block: Uint8Array): void {
    this.#append(block);
    // A long event comes in many blocks, and is looked at from its begin each time. Doing that only
    // when there is twice as much of it keeps the work linear.
    if (2 * this.#fresh < this.#length && !this.#list.isFinal) return;
    const used = this.#run(this.#room.subarray(0, this.#length));
    this.#list.base += used;
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
    this.#list.isFinal = true;
    this.push(Buffer.alloc(0));
    if (this.closed || this.truncated || this.#state === 'given up') return;
    const offset = this.#list.base + this.#length;
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
    this.#isCut = true;
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
        const next = this.#list.step(bytes, this.#room, at);
        if (!this.#list.isClosed) return next;
        if (this.form === 'array') return this.#close(next - 1);
        this.#state = 'after member';
        return next;
      }
      case 'key': {
        if (byte === CLOSE_BRACE) {
          if (this.#comma >= 0) {
            this.#problem('trailing-comma', this.#comma, "expected a name after ',', found '}'");
          }
          return this.#close(at);
        }
        const end = byte === QUOTE ? stringEnd(bytes, at) : this.#giveUp(bytes, at, 'a name');
        if (end === MORE && bytes.length - at > MAX_MEMBER_BYTES) {
          return this.#giveUp(bytes, at, 'the end of a name');
        }
        if (end === MORE) return this.#list.isFinal ? bytes.length : MORE;
        this.#memberStart = this.#list.base + at;
        this.#others.key = this.#parseKey(bytes.toString('utf8', at, end));
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
              this.#list.base + at,
              `expected '[' for the list of events, found ${show(byte)}`,
            );
            return this.#passOverRest(bytes);
          }
          this.#foundEvents = true;
          this.#list.isClosed = false;
          this.#state = 'events';
          return at + 1;
        }
        return this.#passOver(bytes, at);
      case 'after member':
        if (byte === CLOSE_BRACE) return this.#close(at);
        if (byte !== COMMA) return this.#giveUp(bytes, at, "',' or '}'");
        this.#comma = this.#list.base + at;
        this.#state = 'key';
        return at + 1;
      case 'closed': {
        const message = `expected the end of the file, found ${show(byte)}`;
        this.#problem('trailing-data', this.#list.base + at, message);
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
      if (mark.length < BYTE_ORDER_MARK.length && !this.#list.isFinal) return MORE;
      if (mark.equals(BYTE_ORDER_MARK)) {
        const message = "expected '[' or '{', found a byte order mark before it";
        this.#problem('byte-order-mark', this.#list.base + at, message);
        return at + mark.length;
      }
    }
    if (at + UTF16_START > bytes.length && !this.#list.isFinal) return MORE;
    if (isUtf16(bytes.subarray(at, at + UTF16_START))) {
      const message = 'it is text in UTF-16, as PowerShell writes it: save it as UTF-8';
      this.#problem('container-start', this.#list.base + at, message);
      return this.#passOverRest(bytes);
    }
    if (byte === OPEN_BRACKET) {
      this.#list.form = 'array';
      this.#foundEvents = true;
      this.#state = 'events';
    } else if (byte === OPEN_BRACE) {
      this.#list.form = 'object';
      this.#state = 'key';
    } else {
      const message = `expected '[' or '{', found ${show(byte)}`;
      this.#problem('container-start', this.#list.base + at, message);
      return this.#passOverRest(bytes);
    }
    return at + 1;
  }

  /** Passes over the value of a member, or over the part of it that stands in these bytes. */
  #passOver(bytes: Buffer, from: number): number {
    const end = this.#others.take(bytes, from);
    if (end < bytes.length) {
      this.#state = 'after member';
      this.#checkMember(this.#others.problem);
    }
    return end;
  }

  #parseKey(text: string): string {
    try {
      return String(JSON.parse(text));
    } catch (error) {
      this.#checkMember((error as Error).message);
      return text;
    }
  }

  #checkMember(problem: string | undefined): void {
    if (problem === undefined) return;
    this.#problem('member-syntax', this.#memberStart, `no JSON: ${problem}`);
  }

  #close(at: number): number {
    if (this.form === 'object' && !this.#foundEvents) {
      const message = 'expected a member "traceEvents" with the list of events';
      this.#problem('container-array', this.#list.base + at, message);
    }
    this.closed = true;
    this.#state = 'closed';
    return at + 1;
  }

  /** The object around the list is broken: there is no telling what the rest of the file is. */
  #giveUp(bytes: Buffer, at: number, expected: string): number {
    const rule = this.#foundEvents ? 'trailing-data' : 'container-array';
    this.#problem(rule, this.#list.base + at, `expected ${expected}, found ${show(bytes[at])}`);
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

/** Whether a text of two bytes for each character begins so: with the mark of one, or a bracket. */
function isUtf16([first, second, third]: Uint8Array): boolean {
  if (first === 0) return isBracket(second);
  if (isBracket(first)) return second === 0 && third !== 0;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function isBracket(byte: number): boolean {
  return byte === OPEN_BRACKET || byte === OPEN_BRACE;
}
