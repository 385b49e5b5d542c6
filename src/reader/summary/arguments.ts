import { closeSync, readSync, statSync } from 'node:fs';
import { EntryParser, type RawEvent } from '../source/entries.js';
import { openRegularFile } from '../source/file-blocks.js';
import { ArgumentsAt } from '../source/perfetto/arguments-at.js';
import { isTranslated, TraceSource } from '../source/source.js';

/** An event that is longer is not read back: its arguments are no help in a table. */
const MAX_BYTES = 256 * 1024;
const FIRST_BYTES = 4096;
/** Nor is one that is nested deeper: printing it as JSON may end in an overflow of the stack. */
const MAX_DEPTH = 100;

/** What is asked for of an event. */
export type EventAt = Pick<RawEvent, 'name' | 'args'>;

/**
 * Reads a few events once more, by where they begin in the unpacked file, in memory that grows with
 * their number only. A plain file of JSON is read at these places; one that is packed or in another format
 * has to be read once more, up to the last of them. Gives nothing for what is not there any more, and
 * undefined if it cannot be read twice at all, like a pipe.
 */
export async function readEventsAt(
  path: string,
  offsets: readonly number[],
): Promise<ReadonlyMap<number, EventAt> | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  if (offsets.length > 0 && isTranslated(path)) {
    return withoutDeep(await searchFor(path, inOrder(offsets)));
  }
  const fd = openRegularFile(path);
  if (fd === undefined) return undefined;
  try {
    return readPlainEventsAt(fd, offsets);
  } finally {
    closeSync(fd);
  }
}

/** The same of a file of plain JSON that is open. */
export function readPlainEventsAt(
  fd: number,
  offsets: readonly number[],
): ReadonlyMap<number, EventAt> {
  const found = new Map<number, EventAt>();
  const bytes = Buffer.alloc(MAX_BYTES);
  for (const offset of inOrder(offsets)) {
    const event = firstEvent(bytes.subarray(0, readSync(fd, bytes, 0, MAX_BYTES, offset)));
    if (event !== undefined) found.set(offset, event);
  }
  return withoutDeep(found);
}

function inOrder(offsets: readonly number[]): number[] {
  return Array.from(new Set(offsets)).sort((a, b) => a - b);
}

function withoutDeep(events: Map<number, EventAt>): Map<number, EventAt> {
  for (const [offset, { args }] of events) if (!isFlat(args)) events.delete(offset);
  return events;
}

async function searchFor(path: string, offsets: readonly number[]): Promise<Map<number, EventAt>> {
  const source = new TraceSource(path, true);
  let search: ArgumentsAt | EventsAt | undefined;
  for await (const block of source.blocks()) {
    search ??= source.isPerfetto ? new ArgumentsAt(offsets) : new EventsAt(offsets);
    search.push(block);
    if (search.isDone) break;
  }
  search?.end();
  return search?.found ?? new Map();
}

/** Finds events in unpacked JSON. */
class EventsAt {
  readonly found = new Map<number, EventAt>();
  readonly #offsets: readonly number[];
  /** Which of them is the next to be found. */
  #next = 0;
  /** Where the next block begins. */
  #at = 0;
  #open: { readonly offset: number; readonly pieces: Buffer[]; length: number }[] = [];

  constructor(offsets: readonly number[]) {
    this.#offsets = offsets;
  }

  get isDone(): boolean {
    return this.#next === this.#offsets.length && this.#open.length === 0;
  }

  push(block: Buffer): void {
    const at = this.#at;
    this.#at += block.length;
    for (; this.#offsets[this.#next] < this.#at; this.#next++) {
      this.#open.push({ offset: this.#offsets[this.#next], pieces: [], length: 0 });
    }
    this.#open = this.#open.filter((one) => {
      const piece = block.subarray(Math.max(0, one.offset - at), one.offset + MAX_BYTES - at);
      one.pieces.push(Buffer.from(piece));
      one.length += piece.length;
      if (one.length < MAX_BYTES) return true;
      this.#take(one);
      return false;
    });
  }

  end(): void {
    for (const one of this.#open) this.#take(one);
  }

  #take({ offset, pieces }: { readonly offset: number; readonly pieces: Buffer[] }): void {
    const event = firstEvent(Buffer.concat(pieces));
    if (event !== undefined) this.found.set(offset, event);
  }
}

function firstEvent(bytes: Buffer): RawEvent | undefined {
  let first: RawEvent | undefined;
  let isFirst = true;
  const parser = new EntryParser('', {
    onEntry: ({ event }) => {
      if (isFirst) first = event;
      isFirst = false;
    },
    onProblem: () => {},
  });
  parser.push(Buffer.from('['));
  // Most events are short, and what stands behind the first one is not needed.
  for (let at = 0; isFirst && at < bytes.length; ) {
    const next = Math.max(FIRST_BYTES, 2 * at);
    parser.push(bytes.subarray(at, next));
    at = next;
  }
  return first;
}

function isFlat(args: unknown): boolean {
  let level: unknown[] = [args];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}
