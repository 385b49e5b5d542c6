import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory of the rows that are sorted at once. */
const RUN_BYTES = 16 * 1024 * 1024;
/** Read at once of each run, when the runs are merged. */
const READ_BYTES = 256 * 1024;
const FIRST_ROWS = 1024;

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
  #rows: Float64Array;
  #count = 0;
  /** Where rows are put in order before they are written to the file. */
  #sorted = new Float64Array(0);
  #runs: Run[] = [];
  #fd: number | undefined;
  #path = '';
  #written = 0;

  constructor({ sortedBy, others = [] }: Columns<Column>, runBytes = RUN_BYTES) {
    this.#columns = [...sortedBy, ...others];
    this.#width = this.#columns.length;
    this.#keys = sortedBy.length;
    this.#capacity = Math.max(2, Math.floor(runBytes / (8 * this.#width)));
    this.#rows = new Float64Array(Math.min(this.#capacity, FIRST_ROWS) * this.#width);
  }

  add(row: Row<Column>): void {
    if (this.#count === this.#capacity) this.#spill();
    let at = this.#count * this.#width;
    if (at === this.#rows.length) this.#grow();
    for (const column of this.#columns) this.#rows[at++] = row[column];
    this.#count++;
  }

  /**
   * All rows in order. Can be called once. The object given is the same each time, with new values.
   */
  *sorted(): Generator<Row<Column>, void, undefined> {
    try {
      if (this.#runs.length === 0) yield* this.#inMemory();
      else {
        this.#spill();
        this.#rows = new Float64Array(0);
        this.#sorted = new Float64Array(0);
        yield* this.#merged();
      }
    } finally {
      this.close();
    }
  }

  /** Gives the rows up, and the temporary file back. Can be called again. */
  close(): void {
    this.#rows = new Float64Array(0);
    this.#sorted = new Float64Array(0);
    this.#count = 0;
    this.#runs = [];
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    remove(this.#path);
  }

  #grow(): void {
    const larger = Math.min(2 * this.#rows.length, this.#capacity * this.#width);
    const rows = new Float64Array(larger);
    rows.set(this.#rows);
    this.#rows = rows;
  }

  #order(): Uint32Array {
    const rows = this.#rows;
    const width = this.#width;
    const keys = this.#keys;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    if (isSorted(rows, width, keys, this.#count)) return order;
    return order.sort((a, b) => compare(rows, a * width, rows, b * width, keys));
  }

  #newRow(): Record<Column, number> {
    const zeros = this.#columns.map((column) => [column, 0]);
    return Object.fromEntries(zeros) as Record<Column, number>;
  }

  #read(rows: Float64Array, from: number, row: Record<Column, number>): void {
    let at = from;
    for (const column of this.#columns) row[column] = rows[at++];
  }

  *#inMemory(): Generator<Row<Column>, void, undefined> {
    const row = this.#newRow();
    for (const i of this.#order()) {
      this.#read(this.#rows, i * this.#width, row);
      yield row;
    }
  }

  #spill(): void {
    const width = this.#width;
    if (this.#sorted.length === 0) this.#sorted = new Float64Array(this.#capacity * width);
    let to = 0;
    for (const i of this.#order()) {
      const at = i * width;
      for (let column = 0; column < width; column++) this.#sorted[to++] = this.#rows[at + column];
    }
    this.#fd ??= this.#open();
    const bytes = new Uint8Array(this.#sorted.buffer, 0, 8 * to);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#written + done);
    }
    const position = this.#written;
    this.#written += bytes.length;
    this.#runs.push({
      position,
      end: this.#written,
      buffer: new Float64Array(0),
      filled: 0,
      at: 0,
    });
    this.#count = 0;
  }

  #open(): number {
    const name = `tracelane-${process.pid}-${randomUUID()}.sort`;
    this.#path = join(tmpdir(), name);
    const fd = openSync(this.#path, 'wx+', 0o600);
    // An open file that has no name goes away with the process, whatever ends that. On a system
    // that does not remove open files, `close()` does it.
    remove(this.#path);
    return fd;
  }

  /** Gives the rows of all runs: the smallest next row is on top of a heap of the runs. */
  *#merged(): Generator<Row<Column>, void, undefined> {
    const heap = this.#runs.filter((run) => this.#fill(run));
    const isLess = (a: Run, b: Run) => compare(a.buffer, a.at, b.buffer, b.at, this.#keys) < 0;
    const sink = (from: number): void => {
      for (let at = from; ; ) {
        const left = 2 * at + 1;
        if (left >= heap.length) return;
        const right = left + 1;
        const child = right < heap.length && isLess(heap[right], heap[left]) ? right : left;
        if (!isLess(heap[child], heap[at])) return;
        [heap[at], heap[child]] = [heap[child], heap[at]];
        at = child;
      }
    };
    for (let i = heap.length >> 1; i >= 0; i--) sink(i);
    const row = this.#newRow();
    while (heap.length > 0) {
      const [top] = heap;
      this.#read(top.buffer, top.at, row);
      top.at += this.#width;
      if (top.at === top.filled && !this.#fill(top)) {
        const last = heap.pop() as Run;
        if (heap.length > 0) heap[0] = last;
      }
      sink(0);
      yield row;
    }
  }

  /** Reads the next rows of a run; false if there are none. */
  #fill(run: Run): boolean {
    const rowBytes = 8 * this.#width;
    const most = Math.max(1, Math.floor(READ_BYTES / rowBytes)) * rowBytes;
    if (run.buffer.length === 0) run.buffer = new Float64Array(most / 8);
    const bytes = new Uint8Array(run.buffer.buffer, 0, Math.min(most, run.end - run.position));
    for (let done = 0; done < bytes.length; ) {
      const position = run.position + done;
      const count = readSync(this.#fd as number, bytes, done, bytes.length - done, position);
      if (count === 0) throw new Error('the temporary file for sorting was cut off');
      done += count;
    }
    run.position += bytes.length;
    run.filled = bytes.length / 8;
    run.at = 0;
    return bytes.length > 0;
  }
}

function compare(
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  columns: number,
): number {
  for (let i = 0; i < columns; i++) {
    const difference = a[atA + i] - b[atB + i];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Worth a look before sorting: most tools write in the order of time. */
function isSorted(rows: Float64Array, width: number, keys: number, count: number): boolean {
  for (let i = 1; i < count; i++) {
    if (compare(rows, (i - 1) * width, rows, i * width, keys) > 0) return false;
  }
  return true;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is removed already, or cannot be removed while it is open.
  }
}
