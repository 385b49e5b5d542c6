import { readSync } from 'node:fs';
import { readPlainEventsAt } from '../../reader/summary/arguments.js';
import type { Arguments } from '../model/arguments.js';
import { firstAbove } from '../model/search.js';
import { type EndPlaces, mergeArguments } from './end-places.js';
import type { FileOrder } from './file-order.js';
import type { LoadedTrace } from './load-trace.js';
import type { UnpackedFile } from './unpacked-file.js';

/** Read at once while arguments are searched. */
const BLOCK_BYTES = 8 * 1024 * 1024;
/** An event that is longer is searched only as far. */
const OVERLAP_BYTES = 256 * 1024;

/** Stands for arguments that are there, but not to be had. */
const GONE = '(too long to be shown, or the file has changed)';

const [QUOTE, BACKSLASH, OPEN, CLOSE] = Buffer.from('"\\{}');

/** Reads arguments from the file, at the places of their events. */
export class FileArguments implements Arguments {
  readonly #file: UnpackedFile;
  readonly #offsets: Float64Array;
  readonly #ends: EndPlaces;
  #order: FileOrder | undefined;

  constructor({ file, data, ends }: LoadedTrace) {
    this.#file = file;
    this.#offsets = data.slices.offsets;
    this.#ends = ends;
  }

  async at(slice: number): Promise<unknown> {
    const offset = this.#offsets[slice];
    let fd: number;
    try {
      fd = this.#file.open();
    } catch {
      // All else that is known of the slice is shown.
      return GONE;
    }
    try {
      const end = this.#ends.endOf(offset);
      const events = readPlainEventsAt(fd, end === undefined ? [offset] : [offset, end]);
      const event = events.get(offset);
      if (event === undefined) return GONE;
      return end === undefined ? event.args : mergeArguments(event.args, events.get(end)?.args);
    } finally {
      this.#file.release(fd);
    }
  }

  async with(text: string): Promise<Uint8Array> {
    this.#order ??= this.#ends.withEnds(this.#offsets);
    const { slices, offsets } = this.#order;
    const found = await this.#search(text, offsets);
    const hits = new Uint8Array(this.#offsets.length);
    for (let place = 0; place < slices.length; place++) hits[slices[place]] |= found[place];
    return hits;
  }

  async #search(text: string, offsets: Float64Array): Promise<Uint8Array> {
    const hits = new Uint8Array(offsets.length);
    const wanted = Buffer.from(JSON.stringify(text).slice(1, -1));
    const fd = this.#file.open();
    try {
      const block = Buffer.alloc(BLOCK_BYTES);
      for (let base = 0; ; base += BLOCK_BYTES - OVERLAP_BYTES) {
        const bytes = block.subarray(0, readSync(fd, block, 0, BLOCK_BYTES, base));
        markHits(bytes, base, wanted, offsets, hits);
        if (bytes.length < BLOCK_BYTES) return hits;
        // The page may be asked for other things meanwhile.
        await new Promise(setImmediate);
      }
    } finally {
      this.#file.release(fd);
    }
  }
}

/** Looks for a text in bytes of the file that begin at `base`. */
function markHits(
  bytes: Buffer,
  base: number,
  text: Buffer,
  offsets: Float64Array,
  hits: Uint8Array,
): void {
  let place = new PlaceInEvent(bytes, 0);
  let known = -1;
  for (let at = bytes.indexOf(text); at >= 0; ) {
    const event = firstAbove(offsets, base + at) - 1;
    const start = offsets[event] - base;
    // One that begins in the block before was looked at there.
    if (start >= 0 && hits[event] === 0) {
      if (event !== known) place = new PlaceInEvent(bytes, start);
      known = event;
      if (place.isInside(at)) hits[event] = 1;
    }
    const isDone = start < 0 || hits[event] === 1;
    const next = isDone ? (offsets[event + 1] ?? Number.POSITIVE_INFINITY) - base : at + 1;
    at = next < bytes.length ? bytes.indexOf(text, next) : -1;
  }
}

/**
 * Where places of an event lie. Those that are asked for come one behind the other: each byte is read
 * once.
 */
class PlaceInEvent {
  readonly #bytes: Buffer;
  #at: number;
  #depth = 0;
  #isText = false;
  #isOver = false;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Whether a place lies in an object inside of the event: in its arguments. */
  isInside(place: number): boolean {
    const bytes = this.#bytes;
    for (; this.#at < place && !this.#isOver; this.#at++) {
      const byte = bytes[this.#at];
      if (this.#isText) {
        if (byte === BACKSLASH) this.#at++;
        else if (byte === QUOTE) this.#isText = false;
      } else if (byte === QUOTE) this.#isText = true;
      else if (byte === OPEN) this.#depth++;
      else if (byte === CLOSE) this.#isOver = --this.#depth === 0;
    }
    return !this.#isOver && this.#depth > 1;
  }
}
