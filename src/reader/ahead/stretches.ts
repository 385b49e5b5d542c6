import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EventStarts } from '../source/event-starts.js';
import { type ListForm, type ListReader, piecesOf, type TextFacts } from '../source/list-reader.js';
import type { Progress } from '../source/source.js';
import type { Message } from './messages.js';

/** What a thread reads of a file that is a list of events in plain JSON. */
export type Part = Stretches | Rest;

/**
 * The list in stretches of so many bytes, of which this thread reads each `step`th one, from the `first`
 * on. An event belongs to the stretch in which it begins.
 */
export interface Stretches {
  readonly form: ListForm;
  readonly bytes: number;
  readonly first: number;
  readonly step: number;
}

/** All from a place on, where an event of the list begins. */
export interface Rest {
  readonly form: ListForm;
  readonly from: number;
}

const BLOCK_BYTES = 1024 * 1024;
/** Behind the end of a stretch, where its last event goes on, no more than this is read at once. */
const LEAST_BYTES = 64 * 1024;
/** The first event of a stretch is looked for in so many bytes. */
const LOOK_BYTES = 1024 * 1024;
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
  readonly #reader: ListReader;
  readonly #found: Finder;
  readonly #post: (message: Message) => void;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);

  constructor(reader: ListReader, found: Finder, post: (message: Message) => void) {
    this.#reader = reader;
    this.#found = found;
    this.#post = post;
  }

  /** Reads a part. Gives what is known at the end of the file; undefined where another thread reads that. */
  read(path: string, part: Part): TextFacts | undefined {
    const fd = openSync(path, 'r');
    try {
      if (!('from' in part)) return this.#stretches(fd, part);
      this.#reader.beginAt(part.from, part.form);
      return this.#readOn(fd, part.from, Number.POSITIVE_INFINITY);
    } finally {
      closeSync(fd);
    }
  }

  #stretches(fd: number, { form, bytes, first, step }: Stretches): TextFacts | undefined {
    for (let number = first; ; number += step) {
      const start = number * bytes;
      const begin = number === 0 ? 0 : this.#firstEvent(fd, start);
      this.#post({ kind: 'stretch', begin });
      if (begin === undefined) return undefined;
      if (number > 0) this.#reader.beginAt(begin, form);
      const facts = this.#readOn(fd, begin, start + bytes);
      if (facts !== undefined) return facts;
    }
  }

  /**
   * Where an event seems to begin, at a place or behind it. It may stand in a text, or in the arguments
   * of another event: that is seen when the stretch before it ends somewhere else.
   */
  #firstEvent(fd: number, place: number): number | undefined {
    const bytes = this.#block;
    const start = Math.max(0, place - SPACE_BYTES);
    const length = readSync(fd, bytes, 0, LOOK_BYTES, start);
    const look = bytes.subarray(0, length);
    const { at, found } = new EventStarts().next(look, place - start, start, false);
    return found ? start + at : undefined;
  }

  /**
   * Reads from one place up to the first event that begins at another one, or behind it. Gives what is
   * known at the end of the file if it comes to that.
   */
  #readOn(fd: number, from: number, until: number): TextFacts | undefined {
    const reader = this.#reader;
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
        // Behind what is wrong, what follows may be taken for something else by who has not read it.
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
