import {
  NOTHING_PACKED,
  type Packed,
  type Packing,
  packBehind,
} from '../../encoding/packing/packing.js';
import type { Framing } from '../format/framing.js';
import type { Outcome, Sink, SinkState } from './sink.js';
import { StreamSink } from './stream-sink.js';

/** A pipe or a device that gets packed bytes: each batch of events is there as a whole or not at all. */
export class PackedStream implements Sink {
  readonly provisional = 'none';
  readonly #stream: StreamSink;
  readonly #framing: Framing;
  readonly #packing: Packing;
  #packed: Packed;
  /** Events of the last batch, if the output does not have all of it. */
  #eventsInRest = 0;

  constructor(
    fd: number,
    { packed = NOTHING_PACKED }: SinkState,
    framing: Framing,
    packing: Packing,
  ) {
    this.#framing = framing;
    this.#packing = packing;
    this.#packed = packed;
    this.#stream = new StreamSink(fd, packed.kept, {
      closing: new Uint8Array(0),
      wholeEvents: ({ length }, written) => (written === length ? length : 0),
      endOfEvent: ({ length }) => length,
    });
  }

  get size(): number {
    return this.#stream.size;
  }

  get kept(): number {
    return this.#packed.kept;
  }

  get stalled(): boolean {
    return this.#stream.stalled;
  }

  save(): SinkState {
    return { kept: this.kept, packed: this.#packed };
  }

  append(events: Uint8Array): Outcome {
    if (events.length === 0) return { taken: 0 };
    try {
      const { packed, after } = packBehind(this.#packed, events, this.#packing);
      const { taken, failure } = this.#stream.append(packed);
      if (taken < packed.length) return { taken: 0, failure };
      this.#packed = after;
      if (this.#stream.isAmidEvent) this.#eventsInRest = this.#framing.count(events);
      return { taken: events.length, failure };
    } catch (failure) {
      // There is no memory to pack it.
      return { taken: 0, failure };
    }
  }

  erase(): void {}

  wasCut(): boolean {
    return false;
  }

  restart(header: Uint8Array): Outcome {
    return this.append(header);
  }

  end(): number {
    const { closing } = this.#framing;
    const { length, checksum } = this.#packed;
    // The rest of the last batch.
    this.#stream.append(new Uint8Array(0));
    if (this.#stream.isAmidEvent) return this.#eventsInRest;
    const all = length + closing.length;
    try {
      const sum = this.#packing.checksum(closing, checksum);
      this.#stream.append(this.#packing.end(closing, all, sum));
    } catch {
      // All events are there, without an end.
    }
    return 0;
  }
}
