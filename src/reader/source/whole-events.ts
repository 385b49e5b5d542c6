import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isSpace,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { beginsLine, startsEvent } from './places.js';

/**
 * Of the events that begin a line, up to a place in the file, those that have an end. Found out in one go
 * when an event lacks its end: looking for the end of each in turn would take the square of the time.
 */
export class WholeEvents {
  readonly #whole = new Set<number>();
  /** Up to here in the file. */
  #end = 0;

  /**
   * Whether it is known of the event at a place that it has no end. The bytes begin at `base` in the
   * file.
   */
  lacksEnd(bytes: Buffer, at: number, base: number): boolean {
    const offset = base + at;
    // Events behind others on their line were not looked at.
    return offset < this.#end && beginsLine(bytes, at) && !this.#whole.has(offset);
  }

  /**
   * Looks at the events from a place on, unless that was done.
   *
   * @param isFinal No more bytes will come: what is open has no end.
   */
  survey(bytes: Buffer, from: number, base: number, isFinal: boolean): void {
    if (base + from < this.#end) return;
    this.#whole.clear();
    /** Of each bracket that is open: where the event begins that it opens, or -1. */
    const open: number[] = [];
    let isLineStart = false;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) {
          if (bytes[at] === BACKSLASH) at++;
          else if (bytes[at] === NEWLINE && startsEvent(bytes, at + 1)) break;
        }
        // All that is open is taken to end here.
        if (bytes[at] === NEWLINE) break;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        open.push(isLineStart && byte === OPEN_BRACE ? base + at : -1);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        const begin = open.pop() ?? -1;
        if (begin >= 0 && byte === CLOSE_BRACE) this.#whole.add(begin);
      }
      isLineStart = byte === NEWLINE || (isLineStart && (isSpace(byte) || byte === COMMA));
    }
    if (at < bytes.length || !isFinal) for (const begin of open) this.#whole.add(begin);
    this.#end = base + at;
  }
}
