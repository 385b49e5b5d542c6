import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory of the rows that are sorted at once. */
const RUN_BYTES = 16 * 1024 * 1024;
/** Read at once of each run, when the runs are merged. */
const READ_BYTES = 256 * 1024;
const FIRST_ROWS = 1024;

/** A part of the rows, sorted, in the temporary file. */
interface Run {
  position: number;
  readonly end: number;
  /** Rows that were read. Made once, like all that is large here: the collector is slow to notice. */
  buffer: Float64Array;
  filled: number;
  at: number;
}

/**
 * Sorts any number of rows of numbers in memory that does not grow: what is more than fits is
 * sorted in runs that go to a temporary file, and merged from there.
 *
 * Rows are compared by their first columns, ascending.
 */
export class SpillSorter {
  readonly #width: number;
  readonly #keys: number;
  readonly #capacity: number;
  #rows: Float64Array;
  #count = 0;
  /** Where rows are put in order before they are written. */
  #sorted = new Float64Array(0);
  #runs: Run[] = [];
  #fd: number | undefined;
  #path = '';
  #written = 0;

  constructor(width: number, keys: number, runBytes = RUN_BYTES) {
    this.#width = width;
    this.#keys = keys;
    this.#capacity = Math.max(2, Math.floor(runBytes / (8 * width)));
    this.#rows = new Float64Array(Math.min(this.#capacity, FIRST_ROWS) * width);
  }

  add(...row: readonly number[]): void {
    if (this.#count === this.#capacity) this.#spill();
    const at = this.#count * this.#width;
    if (at === this.#rows.length) this.#grow();
    for (let i = 0; i < this.#width; i++) this.#rows[at + i] = row[i];
    this.#count++;
  }

  /** All rows in order, once. The array that is given is the same each time, with new values. */
  *sorted(): Generator<Float64Array, void, undefined> {
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

  /** Gives up the rows, and the temporary file. */
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

  *#inMemory(): Generator<Float64Array, void, undefined> {
    const row = new Float64Array(this.#width);
    for (const i of this.#order()) {
      const at = i * this.#width;
      for (let column = 0; column < row.length; column++) row[column] = this.#rows[at + column];
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
    const name = `tracelane-${process.pid}-${Math.random().toString(36).slice(2)}.sort`;
    this.#path = join(tmpdir(), name);
    const fd = openSync(this.#path, 'wx+', 0o600);
    // Gone for everybody else at once, so that it goes with the process whatever ends that. Where
    // open files cannot be removed, `close()` does it.
    remove(this.#path);
    return fd;
  }

  /** A heap of the runs, the one with the smallest row on top. */
  *#merged(): Generator<Float64Array, void, undefined> {
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
    const row = new Float64Array(this.#width);
    while (heap.length > 0) {
      const [top] = heap;
      for (let column = 0; column < row.length; column++) row[column] = top.buffer[top.at + column];
      top.at += this.#width;
      if (top.at === top.filled && !this.#fill(top)) {
        const last = heap.pop() as Run;
        if (heap.length > 0) heap[0] = last;
      }
      sink(0);
      yield row;
    }
  }

  /** The next rows of a run; false where there are none. */
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

/** Most tools write in order, or nearly so. */
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
    // Removed already, or not to be removed while it is open.
  }
}
