import { Buffer, isUtf8 } from 'node:buffer';
import { type Subject, subjectOf } from '../../trace-event/provisional.js';
import type { Framing, Piecewise } from './framing.js';
import { CLOSE_BRACE, NEWLINE, OPEN_BRACE, SPACE } from './json-bytes.js';

/** Each event stands on a line of its own, behind a comma. */
export const jsonFraming: Framing = {
  suffix: '.json',
  closing: Buffer.from('\n]\n'),

  wholeEvents(events, length) {
    if (length >= events.length) return events.length;
    // The next event begins with a comma and a line.
    const line = events.lastIndexOf(NEWLINE, length + 1);
    return Math.max(0, line - 1);
  },

  endOfEvent(events, byte) {
    const line = events.indexOf(NEWLINE, byte + 1);
    return line < 0 ? events.length : line - 1;
  },

  count(events) {
    let count = 0;
    for (let at = events.indexOf(NEWLINE); at >= 0; at = events.indexOf(NEWLINE, at + 1)) {
      // Blank lines are events no more.
      if (events[at + 1] === OPEN_BRACE) count++;
    }
    return count;
  },

  blank(event) {
    event.fill(SPACE);
    // Lines stay lines.
    event[1] = NEWLINE;
  },

  replacedBy(events) {
    const subjects = new Set(textsOf(events).map(subject));
    return (text) => subjects.has(subject(text));
  },

  read(piece, isLast): Piecewise {
    const done = isLast ? piece.length : piece.lastIndexOf(NEWLINE) + 1;
    const { buffer, byteOffset } = piece;
    return { runs: eventsIn(Buffer.from(buffer, byteOffset, done)), done };
  },
};

/** The events with the commas before them. Latin-1, as only bytes have to be compared. */
export function textsOf(events: Uint8Array): string[] {
  const texts: string[] = [];
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.byteLength);
  for (let at = 0; at < bytes.length; ) {
    // Each begins with a comma and a new line.
    const next = bytes.indexOf(NEWLINE, at + 2);
    const end = next < 0 ? bytes.length : next - 1;
    texts.push(bytes.toString('latin1', at, end));
    at = end;
  }
  return texts;
}

function subject(text: string): string {
  return subjectOf(JSON.parse(text.slice(text.indexOf('{'))) as Subject);
}

/**
 * Blocks of whole lines without the comma behind the last. Lines that are no event are left out: what a
 * process was writing when it was killed may be there in part, and a file may have been damaged since.
 */
function* eventsIn(lines: Buffer): Generator<Uint8Array> {
  // Nearly always, all of it is sound. One look at all costs half of one at each line.
  const all = withoutCommas(lines, 0, lines.length);
  if (areEvents(all)) {
    if (all.length > 0) yield all;
    return;
  }
  for (let start = 0; start < lines.length; ) {
    let end = lines.indexOf(NEWLINE, start);
    if (end < 0) end = lines.length;
    const line = withoutCommas(lines, start, end);
    start = end + 1;
    if (line.length > 0 && areEvents(line)) yield line;
  }
}

/** From the first event to the end of the last one. */
function withoutCommas(lines: Buffer, start: number, end: number): Buffer {
  let from = start;
  let to = end;
  while (from < to && lines[from] !== OPEN_BRACE) from++;
  while (to > from && lines[to - 1] !== CLOSE_BRACE) to--;
  return lines.subarray(from, to);
}

function areEvents(lines: Buffer): boolean {
  if (!isUtf8(lines)) return false;
  try {
    // As Latin-1, which is faster: all that JSON is made of is ASCII.
    const events: unknown[] = JSON.parse(`[${lines.toString('latin1')}]`);
    return events.every((event) => typeof event === 'object' && event !== null);
  } catch {
    return false;
  }
}
