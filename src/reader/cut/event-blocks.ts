import { MARK } from './marks.js';

/** Events of a block: few enough that a cut of a second does not read ten. */
const BLOCK_EVENTS = 4096;
const FIRST_BLOCKS = 256;
const FIRST_MARKS = 1 << 16;

/** A part of the file that is read again. */
export interface Run {
  /** Places in the list of its first event, and of the one behind its last; Infinity for the end. */
  readonly index: number;
  readonly indexTo: number;
  /** Where it begins and ends in the unpacked file; Infinity for its end. */
  readonly from: number;
  readonly to: number;
}

/**
 * What the first pass over a file leaves for the second one: when the events of each block of the file
 * were, so that only those blocks are read again that may hold something, and a mark for each event
 * whose fate does not show in itself, as an end's does not.
 */
export class EventBlocks {
  #offsets = new Float64Array(FIRST_BLOCKS);
  #earliest = new Float64Array(FIRST_BLOCKS);
  #latest = new Float64Array(FIRST_BLOCKS);
  #wanted = new Uint8Array(FIRST_BLOCKS);
  #count = 0;
  #marks = new Uint16Array(FIRST_MARKS);
  #passedFrom = Number.POSITIVE_INFINITY;
  #passedTo = Number.NEGATIVE_INFINITY;

  /** Takes where the next event stands: all of them, in the order of the file. */
  see(index: number, offset: number): void {
    if (index < this.#count * BLOCK_EVENTS) return;
    if (this.#count === this.#offsets.length) this.#grow();
    this.#offsets[this.#count] = offset;
    this.#earliest[this.#count] = Number.POSITIVE_INFINITY;
    this.#latest[this.#count] = Number.NEGATIVE_INFINITY;
    this.#count++;
  }

  /** The event that was seen last lasts from here to there. */
  span(start: number, end: number): void {
    const last = this.#count - 1;
    if (start < this.#earliest[last]) this.#earliest[last] = start;
    if (end > this.#latest[last]) this.#latest[last] = end;
  }

  /** The event that was seen last is left out; its time is one of the trace all the same. */
  pass(start: number, end: number): void {
    if (start < this.#passedFrom) this.#passedFrom = start;
    if (end > this.#passedTo) this.#passedTo = end;
  }

  /** The event that was seen last has to be looked at again, whenever it was. */
  want(): void {
    this.#wanted[this.#count - 1] = 1;
  }

  /** Keeps a number from 1 to 65,535 for an event that was seen. */
  mark(index: number, mark: number): void {
    if (index >= this.#marks.length) {
      const larger = new Uint16Array(2 * Math.max(index, this.#marks.length));
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[index] = mark;
    if (mark >= MARK.first) this.#wanted[Math.floor(index / BLOCK_EVENTS)] = 1;
  }

  /** The number that an event was marked by; 0 for none. */
  markOf(index: number): number {
    return index < this.#marks.length ? this.#marks[index] : 0;
  }

  /** The earliest start of all, and the latest end. */
  get range(): readonly [earliest: number, latest: number] {
    let [earliest, latest] = [this.#passedFrom, this.#passedTo];
    for (let block = 0; block < this.#count; block++) {
      earliest = Math.min(earliest, this.#earliest[block]);
      latest = Math.max(latest, this.#latest[block]);
    }
    return [earliest, latest];
  }

  /** The parts of the file with events that are marked, or wanted, or may be what is asked for by time. */
  *runs(mayHold: (earliest: number, latest: number) => boolean): Generator<Run> {
    let first = -1;
    for (let block = 0; block <= this.#count; block++) {
      const isIn =
        block < this.#count &&
        (this.#wanted[block] === 1 || mayHold(this.#earliest[block], this.#latest[block]));
      if (isIn && first < 0) first = block;
      if (isIn || first < 0) continue;
      const isLast = block === this.#count;
      yield {
        index: first * BLOCK_EVENTS,
        indexTo: isLast ? Number.POSITIVE_INFINITY : block * BLOCK_EVENTS,
        from: this.#offsets[first],
        to: isLast ? Number.POSITIVE_INFINITY : this.#offsets[block],
      };
      first = -1;
    }
  }

  #grow(): void {
    const larger = <T extends Float64Array | Uint8Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(2 * old.length);
      grown.set(old);
      return grown;
    };
    this.#offsets = larger(this.#offsets);
    this.#earliest = larger(this.#earliest);
    this.#latest = larger(this.#latest);
    this.#wanted = larger(this.#wanted);
  }
}
