import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EventStarts } from '../source/event-starts.js';
import { type ListForm, type ListReader, piecesOf, type TextFacts } from '../source/list-reader.js';
import type { Progress } from '../source/source.js';
import type { Message } from './messages.js';

/** What a thread reads of a file that is a list of events in plain JSON. */
export type Part = Stretches | Rest;

/**
 * The list in stretches of so many bytes, of which each reader takes the next one that no other has taken. An
 * event belongs to the stretch in which it begins.
 */
export interface Stretches {
  readonly form: ListForm;
  readonly bytes: number;
  /** How many stretches were taken. */
  readonly taken: Int32Array;
}

/** The number of a stretch that no other reader reads. */
export function nextStretch({ taken }: Stretches): number {
  // In one step: two readers never get the same number.
  return Atomics.add(taken, 0, 1);
}

/** All from a place on, where an event of the list begins. */
export interface Rest {
  readonly form: ListForm;
  readonly from: number;
}

const BLOCK_BYTES = 1024 * 1024;
/** Behind the end of a stretch, where its last event goes on, no more than this is read at once. */
const LEAST_BYTES = 16 * 1024;
/** The first event of a stretch is looked for in so many bytes: in a few first, where it mostly is. */
const LOOK_BYTES = [16 * 1024, 1024 * 1024];
/** Before an event stands a comma, and then no more space than that. */
const SPACE_BYTES = 64;

/** What takes what a reader finds. */
interface Finder {
  progress: Progress;
  /** Whether something was found that is wrong. */
  readonly hasProblem: boolean;
  flush(): void;
}

/** Reads parts of a file into a reader of its list. */
export class PartReader {
  readonly #fd: number;
  readonly #reader: ListReader;
  readonly #found: Finder;
  readonly #post: (message: Message) => void;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);

  /** @throws where the file cannot be opened. */
  constructor(path: string, reader: ListReader, found: Finder, post: (message: Message) => void) {
    this.#reader = reader;
    this.#found = found;
    this.#post = post;
    this.#fd = openSync(path, 'r');
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Reads a part. Gives what is known at the end of the file; undefined where another one reads that. */
  read(part: Part): TextFacts | undefined {
    if ('from' in part) {
      this.#reader.beginAt(part.from, part.form);
      return this.#readOn(part.from, Number.POSITIVE_INFINITY);
    }
    for (;;) {
      const facts = this.readStretch(part, nextStretch(part));
      if (facts !== 'more') return facts;
    }
  }

  /**
   * Reads one stretch. Gives what is known at the end of the file, if it comes to that; undefined where that
   * was before; else 'more'.
   */
  readStretch({ form, bytes }: Stretches, number: number): TextFacts | 'more' | undefined {
    const start = number * bytes;
    const begin = number === 0 ? 0 : this.#firstEvent(start);
    this.#post({ kind: 'stretch', number, begin });
    if (begin === undefined) return undefined;
    if (number > 0) this.#reader.beginAt(begin, form);
    return this.#readOn(begin, start + bytes) ?? 'more';
  }

  /**
   * Where an event seems to begin, at a place or behind it. It may stand in a text, or in the arguments
   * of another event: that is seen when the stretch before it ends somewhere else.
   */
  #firstEvent(place: number): number | undefined {
    const bytes = this.#block;
    const start = Math.max(0, place - SPACE_BYTES);
    for (const most of LOOK_BYTES) {
      const length = readSync(this.#fd, bytes, 0, most, start);
      const look = bytes.subarray(0, length);
      const { at, found } = new EventStarts().next(look, place - start, start, false);
      if (found) return start + at;
    }
    return undefined;
  }

  /**
   * Reads from one place up to the first event that begins at another one, or behind it. Gives what is
   * known at the end of the file if it comes to that.
   */
  #readOn(from: number, until: number): TextFacts | undefined {
    const reader = this.#reader;
    const fd = this.#fd;
    const { size } = fstatSync(fd);
    reader.until = until;
    for (let at = from; ; ) {
      const wanted = Math.min(BLOCK_BYTES, Math.max(until - at, LEAST_BYTES));
      const length = readSync(fd, this.#block, 0, wanted, at);
      if (length === 0) return reader.end();
      at += length;
      this.#found.progress = { read: at, size };
      for (const piece of piecesOf(this.#block.subarray(0, length))) {
        reader.push(piece);
        // What follows depends on what is wrong before it. Another reader, which has not read that, could take it
        // for something else: so this one reads all the rest.
        if (this.#found.hasProblem) reader.until = Number.POSITIVE_INFINITY;
        else if (reader.stoppedAt !== undefined) {
          this.#found.flush();
          this.#post({ kind: 'stretch end', next: reader.stoppedAt, facts: reader.facts });
          return undefined;
        }
      }
    }
  }
}
