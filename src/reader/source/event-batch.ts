import type { ByteStrings } from './byte-strings.js';

/** The fields of an event, as bits: which ones it has. */
export const FIELD = {
  ph: 1 << 0,
  name: 1 << 1,
  cat: 1 << 2,
  ts: 1 << 3,
  dur: 1 << 4,
  pid: 1 << 5,
  tid: 1 << 6,
  args: 1 << 7,
  id: 1 << 8,
  s: 1 << 9,
  bp: 1 << 10,
  /** These are not in the columns, as they are objects, or rare. */
  id2: 1 << 11,
  bind_id: 1 << 12,
  /** Times of the CPU, which nobody asks for. */
  tts: 1 << 13,
  tdur: 1 << 14,
  /** All others. */
  other: 1 << 15,
} as const;

/** Events are handed on when there are so many. */
const CAPACITY = 4096;

/**
 * Plain events of a trace, one a row, as a table of columns: what most of the commands need of them,
 * taken from the bytes. `ph` is the byte of the letter; times are microseconds, the same double as
 * that of `JSON.parse`; names and categories are numbers of `strings`. What an event does not have
 * is 0, and its bit in `fields` is not set.
 *
 * A batch is used again and again: it is valid until the call returns that has handed it over.
 */
export class EventBatch {
  readonly strings: ByteStrings;
  /** Place in the list of the event in the first row. */
  index = 0;
  count = 0;
  /** The text of the events stands here, */
  bytes: Buffer = Buffer.alloc(0);
  /** which stand here in the file. */
  base = 0;
  readonly fields = new Uint16Array(CAPACITY);
  readonly ph = new Uint8Array(CAPACITY);
  readonly name = new Uint32Array(CAPACITY);
  readonly category = new Uint32Array(CAPACITY);
  readonly ts = new Float64Array(CAPACITY);
  readonly dur = new Float64Array(CAPACITY);
  readonly pid = new Uint32Array(CAPACITY);
  readonly tid = new Uint32Array(CAPACITY);
  /** Where in `bytes` the event begins and ends, and the value of its id. */
  readonly start = new Uint32Array(CAPACITY);
  readonly end = new Uint32Array(CAPACITY);
  readonly idStart = new Uint32Array(CAPACITY);
  readonly idEnd = new Uint32Array(CAPACITY);
  /** The byte of the letter in `s`. */
  readonly scope = new Uint8Array(CAPACITY);

  constructor(strings: ByteStrings) {
    this.strings = strings;
  }

  get isFull(): boolean {
    return this.count === CAPACITY;
  }

  /** The JSON of an event, or of several, one behind the other with the commas between them. */
  text(first: number, last = first): string {
    return this.bytes.toString('utf8', this.start[first], this.end[last]);
  }

  /** The id of an event: a string or a number. */
  id(row: number): unknown {
    if ((this.fields[row] & FIELD.id) === 0) return undefined;
    return JSON.parse(this.bytes.toString('utf8', this.idStart[row], this.idEnd[row]));
  }
}
