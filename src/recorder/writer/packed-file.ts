import { Buffer } from 'node:buffer';
import {
  joined,
  NOTHING_PACKED,
  type Packed,
  type Packing,
  packBehind,
} from '../../encoding/packing/packing.js';
import type { Framing } from '../format/framing.js';
import { type Disk, sizeOf, Watch, writeAll } from './disk.js';
import type { Outcome, Sink, SinkState } from './sink.js';

/** The system writes so many bytes, from a multiple of them on, without being interrupted. */
const PAGE_BYTES = 4096;
/** An end that is longer may lie across two pages: padding would at worst be as long as the events. */
const MAX_PADDED_BYTES = PAGE_BYTES / 2;

/**
 * A packed file on disk. It is whole after each call: events, and an end with what is open and what closes
 * the list, which the next call writes over. Packed events are never changed.
 *
 * First comes what lies behind the old end, then, in one write, what takes the place of the old end.
 * Killed before that, the process leaves the old file, with rubbish behind it, covered so that unpackers
 * pass over it. An end of up to half a page is not put across two pages, so that a kill finds it there as
 * a whole or not at all.
 */
export class PackedFile implements Sink {
  readonly provisional = 'in the end';
  readonly stalled = false;
  readonly #disk: Disk;
  readonly #watch: Watch;
  readonly #framing: Framing;
  readonly #packing: Packing;
  /** Blocks of provisional events, packed. Most are the same at the next call. */
  readonly #blocks = new WeakMap<Uint8Array, Uint8Array>();
  #packed: Packed;
  #end: readonly Uint8Array[] = [];
  #size: number;
  /** The end as it stands in the file, if this writer has written it. */
  #endBytes: Uint8Array = new Uint8Array(0);

  constructor(
    disk: Disk,
    { packed = NOTHING_PACKED }: SinkState,
    framing: Framing,
    packing: Packing,
  ) {
    this.#disk = disk;
    this.#watch = new Watch(disk);
    this.#framing = framing;
    this.#packing = packing;
    this.#packed = packed;
    this.#size = sizeOf(disk);
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#packed.kept;
  }

  save(): SinkState {
    return { kept: this.kept, packed: this.#packed };
  }

  wasCut(): boolean {
    // This writer may have come when it was cut already.
    return this.#watch.isShorter(Math.max(this.#size, this.kept));
  }

  restart(header: Uint8Array): Outcome {
    this.#packed = NOTHING_PACKED;
    this.#end = [];
    this.#endBytes = new Uint8Array(0);
    this.#size = 0;
    return this.append(header, []);
  }

  append(events: Uint8Array, end: readonly Uint8Array[]): Outcome {
    try {
      return this.#put(events, end) ? { taken: events.length } : { taken: 0, wasCut: true };
    } catch (failure) {
      return { taken: this.#putWhatFits(events), failure };
    }
  }

  erase(): void {}

  end(): number {
    return 0;
  }

  /** Throws where nothing at all may be written, as this may be another file by now. */
  #makeReady(): boolean {
    const size = this.#watch.length();
    if (size < this.kept) return false;
    // Something else has written there, where nothing belongs.
    if (size > this.#size) this.#disk.cut(this.#size);
    return true;
  }

  /**
   * Puts all of it behind the packed events, with a new end. If it throws, the file is as before: the old
   * end is written back, if the disk allows. A writer that has only just taken over does not know the old
   * end, so the file is left without one. Returns false, having written nothing, if somebody has cut off
   * packed events.
   */
  #put(events: Uint8Array, blocks: readonly Uint8Array[]): boolean {
    const { kept } = this.#packed;
    const { packed, after } = packBehind(this.#packed, events, this.#packing);
    const end = this.#packEnd(blocks, after);
    const padding = this.#padding(after.kept, end.length);
    // Now: to pack takes long enough for somebody else to cut the file meanwhile.
    if (!this.#makeReady()) return false;
    this.#write(joined([packed, padding, end]), kept);
    this.#endBytes = end;
    this.#packed = { ...after, kept: after.kept + padding.length };
    this.#end = blocks;
    return true;
  }

  #packEnd(blocks: readonly Uint8Array[], { length, checksum }: Packed): Uint8Array {
    const packing = this.#packing;
    const { closing } = this.#framing;
    const pieces: Uint8Array[] = [];
    let sum = checksum;
    let all = length;
    for (const block of blocks) {
      const packed = this.#blocks.get(block) ?? packing.packAlone(block);
      this.#blocks.set(block, packed);
      pieces.push(packed);
      sum = packing.checksum(block, sum);
      all += block.length;
    }
    const last = packing.end(closing, all + closing.length, packing.checksum(closing, sum));
    return joined([...pieces, last]);
  }

  /** What has to stand before an end so that it does not lie across two pages. */
  #padding(at: number, length: number): Uint8Array {
    const rest = PAGE_BYTES - (at % PAGE_BYTES);
    const fits = length + this.#packing.coverBytes <= rest || length > MAX_PADDED_BYTES;
    return fits ? new Uint8Array(0) : this.#packing.padding(rest);
  }

  #write(bytes: Uint8Array, at: number): void {
    const { coverBytes } = this.#packing;
    const overlap = this.#size - at;
    const covered = bytes.subarray(overlap + coverBytes);
    const added = bytes.length - overlap;
    if (added > 0) this.#writeBehind([this.#cover(covered.length, added), covered]);
    const rest = this.#cover(-added - coverBytes, -added);
    try {
      writeAll(this.#disk, [bytes.subarray(0, overlap + coverBytes), rest], at);
      if (added < 0) this.#disk.cut(at + bytes.length);
    } catch (error) {
      this.#putEndBack();
      throw error;
    }
    this.#size = at + bytes.length;
  }

  /** What covers so many bytes, if there is room for it. */
  #cover(length: number, room: number): Uint8Array {
    return this.#packing.cover(Math.max(0, length)).subarray(0, Math.max(0, room));
  }

  #writeBehind(bytes: readonly Uint8Array[]): void {
    try {
      writeAll(this.#disk, bytes, this.#size);
    } catch (error) {
      this.#disk.cut(this.#size);
      throw error;
    }
  }

  /** Where part of a new end stands over the old one. */
  #putEndBack(): void {
    const { kept } = this.#packed;
    this.#disk.cut(kept);
    this.#size = kept;
    writeAll(this.#disk, [this.#endBytes], kept);
    this.#size = kept + this.#endBytes.length;
  }

  /** Puts as many of the events as there is room for. Says how many bytes of them that was. */
  #putWhatFits(events: Uint8Array): number {
    const before = this.#end;
    let taken = 0;
    for (let step = events.length >> 1; step > 0; step >>= 1) {
      const length = this.#framing.wholeEvents(events, taken + step);
      if (length <= taken) continue;
      try {
        // What is open now may be told by events that are not there.
        const end = this.#withoutReplaced(before, events.subarray(0, length));
        if (this.#put(events.subarray(taken, length), end)) taken = length;
      } catch {
        // The failure is reported anyway.
      }
    }
    return taken;
  }

  /** Provisional events but those which these events stand for. */
  #withoutReplaced(blocks: readonly Uint8Array[], events: Uint8Array): Uint8Array[] {
    const isReplaced = this.#framing.replacedBy(events);
    const left: Uint8Array[] = [];
    for (const block of blocks) {
      for (let start = 0, end = 0; start < block.length; start = end) {
        // The byte that it begins with may be what parts it from the one before.
        end = this.#framing.endOfEvent(block, start + 1);
        const event = block.subarray(start, end);
        if (!isReplaced(Buffer.from(event).toString('latin1'))) left.push(event);
      }
    }
    return [joined(left)];
  }
}
