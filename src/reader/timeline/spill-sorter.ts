import { compareRows, sortRows } from './sort-rows.js';
import { TemporaryFile } from './temporary-file.js';

/** Memory of the rows that are sorted at once. */
const RUN_BYTES = 2 * 1024 * 1024;
/** Read at once of each run, when the runs are merged. */
const READ_BYTES = 32 * 1024;
const FIRST_ROWS = 1024;
/** Rows that are handed out at once. */
const BLOCK_ROWS = 512;

/** The numbers of a row, by the names of their columns. */
export type Row<Column extends string> = Readonly<Record<Column, number>>;

export interface Columns<Column extends string> {
  /** Rows are sorted by these, ascending: by the first one, where that is equal by the second, … */
  readonly sortedBy: readonly Column[];
  /** What stands in a row besides. */
  readonly others?: readonly Column[];
}

/** Sorted rows in the temporary file. */
interface Run {
  /** The part that was not read yet: bytes of the file. */
  position: number;
  readonly end: number;
  /**
   * The part that was read last, of which `filled` numbers are valid and those from `at` on were
   * not given yet. Made once, like all that is large here: a garbage collector frees large arrays
   * late.
   */
  buffer: Float64Array;
  filled: number;
  at: number;
}

/**
 * Sorts any number of rows of numbers in memory that does not grow: what does not fit is sorted in
 * runs that go to a temporary file, and merged from there.
 *
 * Whoever makes one calls `close()` when it is done with it, however that comes: only then is the
 * temporary file given back.
 */
export class SpillSorter<Column extends string> {
  readonly #columns: readonly Column[];
  readonly #width: number;
  readonly #keys: number;
  readonly #capacity: number;
  /** The rows that are in memory. */
  values: Float64Array;
  #count = 0;
  /** Where rows are put in order before they are written to the file. */
  #sorted = new Float64Array(0);
  #runs: Run[] = [];
  readonly #file = new TemporaryFile('.sort', 'sorting');
  /** Is shown each run, in order, as it goes to the temporary file. It is valid during the call. */
  onRun: ((rows: Float64Array) => void) | undefined;

  constructor({ sortedBy, others = [] }: Columns<Column>, runBytes = RUN_BYTES) {
    this.#columns = [...sortedBy, ...others];
    this.#width = this.#columns.length;
    this.#keys = sortedBy.length;
    this.#capacity = Math.max(2, Math.floor(runBytes / (8 * this.#width)));
    this.values = new Float64Array(Math.min(this.#capacity, FIRST_ROWS) * this.#width);
  }

  add(row: Row<Column>): void {
    let at = this.place();
    for (const column of this.#columns) this.values[at++] = row[column];
  }

  /**
   * Makes room for a row. Gives its place in `values`, where its columns are to be put, those that it
   * is sorted by first.
   */
  place(): number {
    if (this.#count === this.#capacity) this.#spill();
    const at = this.#count * this.#width;
    if (at === this.values.length) this.#grow();
    this.#count++;
    return at;
  }

  /** The rows that are in no run yet, in order. */
  rest(): Float64Array {
    const rows = new Float64Array(this.#count * this.#width);
    copyRows(this.values, this.#order(), this.#width, rows);
    return rows;
  }

  /**
   * All rows in order. Can be called once. The object given is the same each time, with new values.
   */
  *sorted(): Generator<Row<Column>, void, undefined> {
    const columns = this.#columns;
    const row = Object.fromEntries(columns.map((column) => [column, 0])) as Record<Column, number>;
    for (const block of this.blocks()) {
      for (let at = 0; at < block.length; ) {
        for (const column of columns) row[column] = block[at++];
        yield row;
      }
    }
  }

  /** The same as blocks of rows, one behind the other. The block is valid until the next is asked for. */
  *blocks(): Generator<Float64Array, void, undefined> {
    try {
      if (this.#runs.length === 0) yield* this.#inMemory();
      else {
        this.#spill();
        this.values = new Float64Array(0);
        this.#sorted = new Float64Array(0);
        yield* this.#merged();
      }
    } finally {
      this.close();
    }
  }

  /** Gives the rows up, and the temporary file back. Can be called again. */
  close(): void {
    this.values = new Float64Array(0);
    this.#sorted = new Float64Array(0);
    this.#count = 0;
    this.#runs = [];
    this.#file.close();
  }

  #grow(): void {
    const larger = Math.min(2 * this.values.length, this.#capacity * this.#width);
    const rows = new Float64Array(larger);
    rows.set(this.values);
    this.values = rows;
  }

  #order(): Uint32Array {
    const [values, width, keys, count] = [this.values, this.#width, this.#keys, this.#count];
    return sortRows({ values, width, keys, count });
  }

  *#inMemory(): Generator<Float64Array, void, undefined> {
    const width = this.#width;
    const order = this.#order();
    const block = new Float64Array(BLOCK_ROWS * width);
    for (let from = 0; from < order.length; from += BLOCK_ROWS) {
      const rows = order.subarray(from, from + BLOCK_ROWS);
      yield block.subarray(0, copyRows(this.values, rows, width, block));
    }
  }

  #spill(): void {
    const width = this.#width;
    if (this.#sorted.length === 0) this.#sorted = new Float64Array(this.#capacity * width);
    const to = copyRows(this.values, this.#order(), width, this.#sorted);
    const position = this.#file.length;
    this.#file.append(new Uint8Array(this.#sorted.buffer, 0, 8 * to));
    this.#runs.push({
      position,
      end: this.#file.length,
      buffer: new Float64Array(0),
      filled: 0,
      at: 0,
    });
    this.#count = 0;
    this.onRun?.(this.#sorted.subarray(0, to));
  }

  /**
   * Gives the rows of all runs: the smallest next row is on top of a heap of the runs. Where all that was
   * read of a run comes before the next row of any other, as it mostly does, it is given as it is.
   */
  *#merged(): Generator<Float64Array, void, undefined> {
    const keys = this.#keys;
    const width = this.#width;
    const heap = this.#runs.filter((run) => this.#fill(run));
    for (let i = heap.length >> 1; i >= 0; i--) sink(heap, i, keys);
    const block = new Float64Array(BLOCK_ROWS * width);
    let length = 0;
    while (heap.length > 0) {
      const [top] = heap;
      const next = secondOf(heap, keys);
      if (next === undefined || isBefore(top, top.filled - width, next, keys)) {
        if (length > 0) yield block.subarray(0, length);
        length = 0;
        yield top.buffer.subarray(top.at, top.filled);
        top.at = top.filled;
      } else {
        do {
          if (length === block.length) {
            yield block;
            length = 0;
          }
          for (let i = 0; i < width; i++) block[length++] = top.buffer[top.at++];
          // Behind `filled`, the buffer has rows of an earlier read.
        } while (top.at < top.filled && isBefore(top, top.at, next, keys));
      }
      if (top.at === top.filled && !this.#fill(top)) {
        const last = heap.pop() as Run;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap, 0, keys);
    }
    if (length > 0) yield block.subarray(0, length);
  }

  /** Reads the next rows of a run; false if there are none. */
  #fill(run: Run): boolean {
    const rowBytes = 8 * this.#width;
    const most = Math.max(1, Math.floor(READ_BYTES / rowBytes)) * rowBytes;
    if (run.buffer.length === 0) run.buffer = new Float64Array(most / 8);
    const bytes = new Uint8Array(run.buffer.buffer, 0, Math.min(most, run.end - run.position));
    this.#file.read(bytes, run.position);
    run.position += bytes.length;
    run.filled = bytes.length / 8;
    run.at = 0;
    return bytes.length > 0;
  }
}

/** Copies rows in that order; gives how many numbers these are. */
function copyRows(from: Float64Array, order: Uint32Array, width: number, to: Float64Array): number {
  let length = 0;
  for (let i = 0; i < order.length; i++) {
    const at = order[i] * width;
    for (let column = 0; column < width; column++) to[length++] = from[at + column];
  }
  return length;
}

/** Brings the run at a place of the heap down to where it belongs. */
function sink(heap: Run[], from: number, keys: number): void {
  for (let at = from; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && isLess(heap[right], heap[left], keys) ? right : left;
    if (!isLess(heap[child], heap[at], keys)) return;
    [heap[at], heap[child]] = [heap[child], heap[at]];
    at = child;
  }
}

function isLess(a: Run, b: Run, keys: number): boolean {
  return isBefore(a, a.at, b, keys);
}

/** Whether the row of a run at a place comes before the next one of another. */
function isBefore(run: Run, at: number, other: Run, keys: number): boolean {
  return compareRows(run.buffer, at, other.buffer, other.at, keys) < 0;
}

/** The run whose next row comes after that of the top of the heap. */
function secondOf(heap: readonly Run[], keys: number): Run | undefined {
  if (heap.length < 3) return heap[1];
  return isLess(heap[2], heap[1], keys) ? heap[2] : heap[1];
}
