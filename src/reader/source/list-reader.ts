import type { ContainerProblem } from './container-problem.js';
import type { EventBatch } from './event-batch.js';
import { EventScanner } from './event-scanner.js';
import { EventSplitter } from './event-splitter.js';

/** An element of the list of events that is in no batch: its text, as it stands in the file. */
export interface EventText {
  /** Its place in the list, from 0. */
  readonly index: number;
  /** Byte of the unpacked file at which it begins. */
  readonly offset: number;
  readonly text: string;
  /** Whether it has bytes that are not UTF-8. */
  readonly badUtf8: boolean;
}

/** What takes what is found in a trace, in the order of the file. */
export interface ListHandlers {
  onText(text: EventText): void;
  /** Without it, all events come as texts. */
  readonly onBatch?: ((batch: EventBatch) => void) | undefined;
  /**
   * Of a file that is no JSON: whether the JSON of an event is to be made. It is asked when the columns of the
   * event's row are filled. A begin may still become a complete event after that. Without this function, the
   * JSON of all events is made.
   */
  readonly wantsText?: ((batch: EventBatch, row: number) => boolean) | undefined;
  onProblem(problem: ContainerProblem): void;
  /** Takes the first bytes of the trace: FIRST_BYTES at the most, which may come piece by piece. */
  readonly onFirstBytes?: ((bytes: Uint8Array) => void) | undefined;
}

/** For who needs no JSON of any event: then less has to be remembered, too. */
export const NO_TEXT = (): boolean => false;

/** Of the bytes before the events, nobody looks at more. */
export const FIRST_BYTES = 64;

/** What the list of events stands in. */
export type ListForm = 'array' | 'object';

/** What is known of the text of a trace once it was read. */
export interface TextFacts {
  readonly form: ListForm | undefined;
  readonly truncated: boolean;
  /** Number of entries. */
  readonly events: number;
  /** What stands beside the events in the object form. */
  readonly members: ReadonlyMap<string, unknown>;
  /** Names of members that were too long, too deep or too many to be kept, or are no JSON. */
  readonly membersLeftOut: ReadonlySet<string>;
}

/**
 * So much is read before whoever pulls gets the events in it. Few enough that they are gone before the
 * garbage collector has to keep them: with a megabyte at once, JSON.parse takes four times as long.
 */
const PIECE_BYTES = 64 * 1024;

export function* piecesOf(block: Buffer): Generator<Buffer> {
  for (let at = 0; at < block.length; at += PIECE_BYTES) yield block.subarray(at, at + PIECE_BYTES);
}

/** Finds the elements of the list of events in the bytes of a trace, and what is wrong around them. */
export class ListReader {
  readonly #handlers: ListHandlers;
  readonly #splitter: EventSplitter;
  /** How many of the first bytes have not come yet. */
  #missing = FIRST_BYTES;

  constructor(handlers: ListHandlers) {
    this.#handlers = handlers;
    const { onBatch } = handlers;
    const fastWay = onBatch === undefined ? undefined : new EventScanner(onBatch);
    const report = (problem: ContainerProblem) => handlers.onProblem(problem);
    this.#splitter = new EventSplitter(this.#take, report, fastWay);
  }

  /** Goes on at another place of the file, where an event of its list begins. What is counted begins anew. */
  beginAt(place: number, form: ListForm): void {
    this.#missing = 0;
    this.#splitter.beginAt(place, form);
  }

  /** No event is taken that begins at this place of the file, or behind it. */
  set until(place: number) {
    this.#splitter.until = place;
  }

  /** Where the event begins at which it has stopped, if it has. */
  get stoppedAt(): number | undefined {
    return this.#splitter.stoppedAt;
  }

  push(bytes: Buffer): void {
    if (this.#missing > 0) {
      const first = bytes.subarray(0, this.#missing);
      this.#missing -= first.length;
      this.#handlers.onFirstBytes?.(first);
    }
    this.#splitter.push(bytes);
  }

  /** There are no more bytes. */
  end(): TextFacts {
    this.#splitter.end();
    return this.facts;
  }

  /** What is known so far. */
  get facts(): TextFacts {
    const { form, truncated, count: events, members, membersLeftOut } = this.#splitter;
    return { form, truncated, events, members, membersLeftOut };
  }

  readonly #take = (
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
    isAscii: boolean,
  ): void => {
    // Decoding latin1 is a copy: several times as fast as UTF-8, and the same for ASCII.
    const text = bytes.toString(isAscii ? 'latin1' : 'utf8', start, end);
    const badUtf8 = !isAscii && text.includes('\ufffd') && !isUtf8(bytes, start, end, text);
    this.#handlers.onText({ index: this.#splitter.count - 1, offset, text, badUtf8 });
  };
}

/**
 * Whether a text that has U+FFFD in it was UTF-8: if that character stands in the file itself, the
 * bytes are those of the text.
 */
function isUtf8(bytes: Buffer, start: number, end: number, text: string): boolean {
  return bytes.subarray(start, end).equals(Buffer.from(text));
}
