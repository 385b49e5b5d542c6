import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { EntryParser, type RawEvent } from '../source/entries.js';
import { TraceSource } from '../source/source.js';

/** An event that is longer is not read back: its arguments are no help in a table. */
const MAX_BYTES = 256 * 1024;
const FIRST_BYTES = 4096;
/** Nor is one that is nested deeper: printing it as JSON may end in an overflow of the stack. */
const MAX_DEPTH = 100;

/**
 * Reads a few events once more, by where they begin in the unpacked file, in memory that grows with
 * their number only. A plain file is read at these places; one that is packed has to be unpacked
 * once more, up to the last of them. Gives nothing for what is not there any more, and undefined if it
 * cannot be read twice at all, like a pipe.
 */
export async function readEventsAt(
  path: string,
  offsets: readonly number[],
): Promise<Map<number, RawEvent> | undefined> {
  const events = new Map<number, RawEvent>();
  const take = (offset: number, bytes: Buffer): void => {
    const event = firstEvent(bytes);
    if (event !== undefined && isFlat(event)) events.set(offset, event);
  };
  const sorted = Array.from(new Set(offsets)).sort((a, b) => a - b);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  if (sorted.length === 0) return events;
  if (isPacked(path)) await unpackAt(path, sorted, take);
  else readAt(path, sorted, take);
  return events;
}

function isPacked(path: string): boolean {
  let packed = false;
  readAt(path, [0], (_, bytes) => {
    packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  });
  return packed;
}

function readAt(
  path: string,
  offsets: readonly number[],
  take: (offset: number, bytes: Buffer) => void,
): void {
  // Opening a pipe would wait for what writes to it.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(fd).isFile()) return;
    const bytes = Buffer.alloc(MAX_BYTES);
    for (const offset of offsets) {
      take(offset, bytes.subarray(0, readSync(fd, bytes, 0, MAX_BYTES, offset)));
    }
  } finally {
    closeSync(fd);
  }
}

async function unpackAt(
  path: string,
  offsets: readonly number[],
  take: (offset: number, bytes: Buffer) => void,
): Promise<void> {
  let at = 0;
  let next = 0;
  let open: { readonly offset: number; readonly pieces: Buffer[]; length: number }[] = [];
  for await (const block of new TraceSource(path).blocks()) {
    const end = at + block.length;
    for (; next < offsets.length && offsets[next] < end; next++) {
      open.push({ offset: offsets[next], pieces: [], length: 0 });
    }
    open = open.filter((one) => {
      const piece = block.subarray(Math.max(0, one.offset - at), one.offset + MAX_BYTES - at);
      one.pieces.push(Buffer.from(piece));
      one.length += piece.length;
      if (one.length < MAX_BYTES) return true;
      take(one.offset, Buffer.concat(one.pieces));
      return false;
    });
    at = end;
    if (next === offsets.length && open.length === 0) return;
  }
  for (const { offset, pieces } of open) take(offset, Buffer.concat(pieces));
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

function isFlat(event: RawEvent): boolean {
  let level: unknown[] = [event];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}
