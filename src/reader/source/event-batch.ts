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
export const BATCH_ROWS = 4096;
/** How wide the columns are: three of 8 bytes, ten of 4, one of 2 and two of 1. */
const ROW_BYTES = 3 * 8 + 10 * 4 + 2 + 2;
/** What the columns of a batch stand in. */
export const BATCH_BYTES = BATCH_ROWS * ROW_BYTES;

/** What names and categories are, by their numbers. */
export interface Texts {
  readonly texts: readonly string[];
}

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;
interface ColumnKind<T extends Column> {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: ArrayBufferLike, at: number, length: number): T;
}

/**
 * Plain events of a trace, one a row, as a table of columns: what most of the commands need of them,
 * taken from the bytes. `ph` is the byte of the letter; times are microseconds, the same double as
 * that of `JSON.parse`; names and categories are numbers of `strings`. Of what an event does not have,
 * the bit in `fields` is not set, and the column says nothing.
 *
 * Where the file is not JSON, the text of an event is there if it is wanted (`ListHandlers.wantsText`),
 * and if its arguments are all that it says: counters and metadata.
 *
 * A batch is used again and again: it is valid until the call returns that has handed it over.
 */
export class EventBatch {
  readonly strings: Texts;
  /** Place in the list of the event in the first row. */
  index = 0;
  count = 0;
  /** What is written of the events stands here, between these two places. */
  bytes: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  /** Where the event begins in the unpacked file. */
  readonly offset: Float64Array;
  readonly ts: Float64Array;
  readonly dur: Float64Array;
  readonly name: Uint32Array;
  readonly category: Uint32Array;
  readonly pid: Uint32Array;
  readonly tid: Uint32Array;
  /** Where in `bytes` the text of the event begins and ends, and the value of its id. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly idStart: Uint32Array;
  readonly idEnd: Uint32Array;
  /** Where the object of its arguments does. */
  readonly argsStart: Uint32Array;
  readonly argsEnd: Uint32Array;
  readonly fields: Uint16Array;
  readonly ph: Uint8Array;
  /** The byte of the letter in `s`. */
  readonly scope: Uint8Array;
  /** All of these, in the order in which they stand in the memory. */
  readonly columns: readonly Column[];

  /**
   * @param memory Of the columns, which may be shared with another thread: BATCH_BYTES.
   * @param first Which of the rows in the memory is the first one here.
   */
  constructor(strings: Texts, memory: ArrayBufferLike = new ArrayBuffer(BATCH_BYTES), first = 0) {
    this.strings = strings;
    const columns: Column[] = [];
    let offset = 0;
    const column = <T extends Column>(Kind: ColumnKind<T>): T => {
      const width = Kind.BYTES_PER_ELEMENT;
      const view = new Kind(memory, offset + first * width, BATCH_ROWS - first);
      columns.push(view);
      offset += BATCH_ROWS * width;
      return view;
    };
    // The widest first, so that each stands at a multiple of its width.
    this.offset = column(Float64Array);
    this.ts = column(Float64Array);
    this.dur = column(Float64Array);
    this.name = column(Uint32Array);
    this.category = column(Uint32Array);
    this.pid = column(Uint32Array);
    this.tid = column(Uint32Array);
    this.start = column(Uint32Array);
    this.end = column(Uint32Array);
    this.idStart = column(Uint32Array);
    this.idEnd = column(Uint32Array);
    this.argsStart = column(Uint32Array);
    this.argsEnd = column(Uint32Array);
    this.fields = column(Uint16Array);
    this.ph = column(Uint8Array);
    this.scope = column(Uint8Array);
    this.columns = columns;
  }

  get isFull(): boolean {
    return this.count === BATCH_ROWS;
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
