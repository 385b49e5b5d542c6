import { fstatSync, ftruncateSync, writevSync } from 'node:fs';
import type { Place } from './provisional-events.js';
import { CLOSING, type Outcome, type Sink, wholeEvents } from './sink.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** A file on disk, as the system offers it. All of these throw what the system says. */
export interface Disk {
  /** Its size, and whether it still has a name. */
  look(): { readonly size: number; readonly named: boolean };
  /** Writes at a place; says how much of it was written, which may be a first part only. */
  write(buffers: readonly Uint8Array[], at: number): number;
  /** Cuts it to a length. */
  cut(length: number): void;
}

export function openDisk(fd: number): Disk {
  const { dev, ino } = fstatSync(fd);
  return {
    look: () => {
      const now = fstatSync(fd);
      // Programs that go into the background close what they find open; the number is used again.
      if (now.ino !== ino || now.dev !== dev)
        throw new Error('CLOSED: another file has its number');
      return { size: now.size, named: now.nlink > 0 };
    },
    write: (buffers, at) => writevSync(fd, buffers, at),
    cut: (length) => ftruncateSync(fd, length),
  };
}

/**
 * A file on disk. It is whole after each call: events, and what closes the list.
 *
 * Whatever a call has brought into the file is there at each later moment, also when the process
 * is killed in the middle of a write, or the disk is full. For bytes are changed in two ways only:
 *
 * - `append` writes over what closes the list, and behind the end. Of that, any first part may
 *   reach the disk: then whole events, part of one, and no end, all of it behind what was there.
 * - `erase` makes blanks of events. Its caller has put others behind them first that tell the same.
 *   Any first part of the blanks may be there: then part of an event, which is one too many, is left.
 *
 * `tracelane check --repair` drops parts of events and closes the list.
 */
export class FileSink implements Sink {
  readonly erases = true;
  readonly stalled = false;
  readonly #disk: Disk;
  /** What `wasCut()` has seen, for the write that follows: to look is a good part of a small flush. */
  #seen: ReturnType<Disk['look']> | undefined;
  #kept: number;
  #size: number;

  constructor(disk: Disk, kept: number) {
    this.#disk = disk;
    this.#kept = kept;
    this.#size = disk.look().size;
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#kept;
  }

  wasCut(): boolean {
    // A look that fails leaves nothing: the write that follows has to look, too.
    this.#seen = undefined;
    try {
      this.#seen = this.#disk.look();
      return this.#seen.size < Math.max(this.#size, this.#kept + CLOSING.length);
    } catch {
      // Nor can it be written: the next append says why.
      return false;
    }
  }

  restart(header: Uint8Array): Outcome {
    this.#kept = this.#size = 0;
    return this.append(header);
  }

  append(events: Uint8Array): Outcome {
    try {
      this.#makeReady();
    } catch (failure) {
      // Nothing at all is written, as this may be another file by now.
      return { taken: 0, failure };
    }
    let written = 0;
    try {
      this.#write([events, CLOSING], this.#kept, (count) => {
        written = count;
      });
      this.#setKept(this.#kept + events.length);
      return { taken: events.length };
    } catch (failure) {
      return { taken: this.#closeAfter(events, written), failure };
    }
  }

  /** Sees to it that nothing stands behind what closes the list. */
  #makeReady(): void {
    const { size, named } = this.#seen ?? this.#disk.look();
    this.#seen = undefined;
    // What is written to a file without a name succeeds, and is gone when it is closed.
    if (!named) throw new Error('REMOVED: the file is there no more');
    // Left by a writer that was ended before it could say so: its events come again. Or something else
    // has written there, where nothing belongs.
    if (size > this.#kept + CLOSING.length) this.#disk.cut(this.#kept);
  }

  erase(places: readonly Place[]): void {
    for (const { offset, lengths } of places) {
      const blanks = new Uint8Array(lengths.reduce((sum, length) => sum + length)).fill(SPACE);
      // Lines stay lines.
      let line = 0;
      for (const length of lengths) {
        blanks[line + 1] = NEWLINE;
        line += length;
      }
      this.#write([blanks], offset);
    }
  }

  end(): number {
    return 0;
  }

  /** Only so many bytes of the events fitted: closes the list behind the last one that is whole. */
  #closeAfter(events: Uint8Array, written: number): number {
    let whole = wholeEvents(events, written);
    // There must be room for the end, too: on a full disk, where something stands already.
    while (whole > 0 && whole + CLOSING.length > written) whole = wholeEvents(events, whole - 1);
    const end = this.#kept + whole;
    try {
      try {
        this.#write([CLOSING], end);
      } catch {
        // Some file systems need room to write over what is there: cutting gives some back.
        this.#disk.cut(end);
        this.#write([CLOSING], end);
      }
      this.#disk.cut(end + CLOSING.length);
    } catch {
      // The list cannot even be closed. The failure is reported anyway.
    }
    this.#setKept(end);
    return whole;
  }

  /** Writes all of it, in as many pieces as the system takes. */
  #write(buffers: readonly Uint8Array[], at: number, onProgress?: (count: number) => void): void {
    let done = 0;
    for (let rest = buffers; rest.length > 0; ) {
      const count = this.#disk.write(rest, at + done);
      done += count;
      onProgress?.(done);
      rest = behind(rest, count);
    }
  }

  #setKept(kept: number): void {
    this.#kept = kept;
    this.#size = kept + CLOSING.length;
  }
}

/** What is left of buffers behind their first `count` bytes. */
function behind(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let skipped = 0;
  return buffers.flatMap((buffer) => {
    const from = Math.max(0, count - skipped);
    skipped += buffer.length;
    return from < buffer.length ? [buffer.subarray(from)] : [];
  });
}
