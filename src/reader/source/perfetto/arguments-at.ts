import { packet, STATE_CLEARED, trackEvent } from '../../../trace-event/perfetto.js';
import { ByteStrings } from '../byte-strings.js';
import { Annotations } from './annotations.js';
import { JsonBuffer } from './json-buffer.js';
import { Packets, type Packing } from './packets.js';
import {
  afterVarint,
  CLOCK,
  CLOCK_2,
  EVENT,
  numberAt,
  ODD,
  PACKET_TAG,
  SEQUENCE,
  startOf,
  TIME,
} from './plain-bytes.js';
import { type Sequence, Sequences } from './sequences.js';

/** What is read back of an event. */
export interface EventArguments {
  readonly name: string;
  readonly args: unknown;
}

/**
 * Reads the names and the arguments of a few events of a trace in Perfetto's format. Of all other packets,
 * only the texts are looked at that later ones name by numbers.
 */
export class ArgumentsAt {
  readonly found = new Map<number, EventArguments>();
  readonly #offsets: ReadonlySet<number>;
  readonly #sorted: readonly number[];
  /** Which of them is the next one. */
  #next = 0;
  readonly #packets = new Packets(
    (offset) => this.#packet(offset),
    (bytes, from, base) => this.#passOver(bytes, from, base),
  );
  readonly #reader = this.#packets.reader;
  readonly #sequences = new Sequences();
  readonly #strings = new ByteStrings();
  readonly #out = new JsonBuffer();
  readonly #annotations = new Annotations(this.#reader, this.#out);

  /** @param offsets Where their packets begin in the unpacked file, in ascending order. */
  constructor(offsets: readonly number[]) {
    this.#offsets = new Set(offsets);
    this.#sorted = offsets;
  }

  /** Whether all of them have been passed. */
  get isDone(): boolean {
    const { position, isDamaged } = this.#packets;
    return isDamaged || position > (this.#sorted.at(-1) ?? -1);
  }

  push(bytes: Buffer): void {
    this.#packets.push(bytes);
  }

  /** There is nothing to be done at the end of the bytes. */
  end(): void {}

  /** Passes over packets that are not wanted and define nothing, without looking into their events. */
  #passOver(bytes: Uint8Array, from: number, base: number): number {
    const sorted = this.#sorted;
    let next = from;
    while (next + 2 < bytes.length && bytes[next] === PACKET_TAG) {
      while (sorted[this.#next] < base + next) this.#next++;
      if (sorted[this.#next] === base + next) break;
      const start = startOf(bytes, next + 1);
      const end = start + numberAt(bytes, next + 1);
      if (start === ODD || end > bytes.length || !isEvent(bytes, start, end)) break;
      next = end;
    }
    return next;
  }

  #packet(offset: number): void {
    const reader = this.#reader;
    let [id, flags] = [0, 0];
    let [texts, textsEnd, event, eventEnd, packed, packedEnd] = [0, 0, 0, 0, 0, 0];
    let packing: Packing = 'deflate';
    while (reader.next()) {
      switch (reader.field) {
        case packet.sequence:
          id = reader.low;
          break;
        case packet.trackEvent:
          event = reader.start;
          eventEnd = reader.stop;
          break;
        case packet.internedData:
          texts = reader.start;
          textsEnd = reader.stop;
          break;
        case packet.compressed:
        case packet.zstdCompressed:
          packing = reader.field === packet.compressed ? 'deflate' : 'zstd';
          packed = reader.start;
          packedEnd = reader.stop;
          break;
        case packet.sequenceFlags:
          flags |= reader.low;
          break;
        case packet.stateCleared:
          if (reader.low !== 0) flags |= STATE_CLEARED;
          break;
      }
    }
    const isWanted = eventEnd > 0 && this.#offsets.has(offset);
    if (textsEnd > 0 || isWanted || (flags & STATE_CLEARED) !== 0) {
      const sequence = this.#sequences.of(id);
      if ((flags & STATE_CLEARED) !== 0) sequence.clear();
      reader.enter(texts, textsEnd);
      if (textsEnd > 0) sequence.takeTexts(reader, this.#strings, true);
      reader.enter(event, eventEnd);
      if (isWanted) this.#event(offset, sequence);
    }
    if (packedEnd > 0) this.#packets.unpack(packed, packedEnd, packing);
  }

  #event(offset: number, sequence: Sequence): void {
    const reader = this.#reader;
    const { texts } = this.#strings;
    let name = '';
    const places: number[] = [];
    while (reader.next()) {
      const { bytes, field, start, stop } = reader;
      if (field === trackEvent.annotation) places.push(start, stop);
      else if (field === trackEvent.nameId) name = texts[sequence.names.get(reader.number) ?? -1];
      else if (field === trackEvent.name) {
        name = texts[this.#strings.numberAt(bytes, start, stop)];
      }
    }
    this.#out.clear();
    if (!this.#annotations.members(sequence, places)) return;
    const json = this.#out.bytes.toString('utf8', 0, this.#out.length);
    this.found.set(offset, { name: name ?? '', args: JSON.parse(`{${json}}`) });
  }
}

/** Whether a packet holds an event and what is said of it, and nothing that others need. */
function isEvent(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    switch (bytes[at]) {
      case TIME:
      case SEQUENCE:
        at = afterVarint(bytes, at + 1, end);
        break;
      case CLOCK:
        if (bytes[at + 1] !== CLOCK_2) return false;
        at = afterVarint(bytes, at + 2, end);
        break;
      case EVENT: {
        const event = startOf(bytes, at + 1);
        if (event === ODD) return false;
        at = event + numberAt(bytes, at + 1);
        break;
      }
      default:
        return false;
    }
  }
  return at === end;
}
