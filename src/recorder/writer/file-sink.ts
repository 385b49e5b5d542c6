import type { Framing } from '../format/framing.js';
import { type Disk, sizeOf, Watch, writeAll } from './disk.js';
import type { Outcome, Place, Sink, SinkState } from './sink.js';

/**
 * A file on disk. It is whole after each call: events, and what stands behind the last one.
 *
 * Whatever a call has brought into the file is there at each later moment, also when the process
 * is killed in the middle of a write, or the disk is full. For bytes are changed in two ways only:
 *
 * - `append` writes over what stands behind the events, and behind the end. Of that, any first part may
 *   reach the disk: then whole events, part of one, and no end, all of it behind what was there.
 * - `erase` makes blanks of events. Its caller has put others behind them first that tell the same.
 *   Any first part of the blanks may be there: then part of an event, which is one too many, is left.
 *
 * `tracelane check --repair` drops parts of events and closes the list.
 */
export class FileSink implements Sink {
  readonly provisional = 'erasable';
  readonly stalled = false;
  readonly #disk: Disk;
  readonly #framing: Framing;
  readonly #watch: Watch;
  #kept: number;
  #size: number;

  constructor(disk: Disk, kept: number, framing: Framing) {
    this.#disk = disk;
    this.#watch = new Watch(disk);
    this.#framing = framing;
    this.#kept = kept;
    this.#size = sizeOf(disk);
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#kept;
  }

  save(): SinkState {
    return { kept: this.#kept };
  }

  wasCut(): boolean {
    const whole = Math.max(this.#size, this.#kept + this.#framing.closing.length);
    return this.#watch.isShorter(whole);
  }

  restart(header: Uint8Array): Outcome {
    this.#kept = this.#size = 0;
    return this.append(header);
  }

  append(events: Uint8Array): Outcome {
    try {
      if (!this.#makeReady()) return { taken: 0, wasCut: true };
    } catch (failure) {
      // Nothing at all is written, as this may be another file by now.
      return { taken: 0, failure };
    }
    let written = 0;
    try {
      writeAll(this.#disk, [events, this.#framing.closing], this.#kept, (count) => {
        written = count;
      });
      this.#setKept(this.#kept + events.length);
      return { taken: events.length };
    } catch (failure) {
      return { taken: this.#closeAfter(events, written), failure };
    }
  }

  /** Sees to it that nothing stands behind what closes the list. False if events before it are gone. */
  #makeReady(): boolean {
    const size = this.#watch.length();
    if (size < this.#kept) return false;
    // Left by a writer that was ended before it could say so: its events come again. Or something else
    // has written there, where nothing belongs.
    if (size > this.#kept + this.#framing.closing.length) this.#disk.cut(this.#kept);
    return true;
  }

  erase(places: readonly Place[]): void {
    for (const { offset, lengths } of places) {
      const blanks = new Uint8Array(lengths.reduce((sum, length) => sum + length));
      let at = 0;
      for (const length of lengths) {
        this.#framing.blank(blanks.subarray(at, at + length));
        at += length;
      }
      writeAll(this.#disk, [blanks], offset);
    }
  }

  end(): number {
    return 0;
  }

  /** Only so many bytes of the events fitted: closes the list behind the last one that is whole. */
  #closeAfter(events: Uint8Array, written: number): number {
    let whole = this.#framing.wholeEvents(events, written);
    // There must be room for the end, too: on a full disk, where something stands already.
    while (whole > 0 && whole + this.#framing.closing.length > written)
      whole = this.#framing.wholeEvents(events, whole - 1);
    const end = this.#kept + whole;
    try {
      try {
        writeAll(this.#disk, [this.#framing.closing], end);
      } catch {
        // Some file systems need room to write over what is there: cutting gives some back.
        this.#disk.cut(end);
        writeAll(this.#disk, [this.#framing.closing], end);
      }
      this.#disk.cut(end + this.#framing.closing.length);
    } catch {
      // The list cannot even be closed. The failure is reported anyway.
    }
    this.#setKept(end);
    return whole;
  }

  #setKept(kept: number): void {
    this.#kept = kept;
    this.#size = kept + this.#framing.closing.length;
  }
}
