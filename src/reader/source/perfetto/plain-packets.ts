import {
  interned,
  NEEDS_STATE,
  packet,
  SLICE_BEGIN,
  SLICE_END,
  STATE_CLEARED,
  trackEvent,
} from '../../../trace-event/perfetto.js';
import { type Clocks, timeOf } from './clocks.js';
import type { EventRows } from './event-rows.js';
import type { EventWriter } from './event-writer.js';
import {
  afterVarint,
  BITS,
  CLOCK,
  CLOCK_2,
  EVENT,
  LOW_BITS,
  numberAt,
  ODD,
  ONE_BYTE,
  PACKET_TAG,
  SEQUENCE,
  startOf,
  TIME,
  tagOf,
  twoBytes,
} from './plain-bytes.js';
import type { Sequences } from './sequences.js';
import type { Tracks } from './tracks.js';
import { WIRE } from './wire-reader.js';

/** The bytes that fields begin with: one, or for larger numbers two. */
const TEXTS = tagOf(packet.internedData, WIRE.bytes);
const FLAGS = tagOf(packet.sequenceFlags, WIRE.varint);
const TYPE = tagOf(trackEvent.type, WIRE.varint);
const NAME = tagOf(trackEvent.nameId, WIRE.varint);
const CATEGORY = tagOf(trackEvent.categoryId, WIRE.varint);
const ANNOTATION = tagOf(trackEvent.annotation, WIRE.bytes);
const [CORRELATION, CORRELATION_2] = twoBytes(trackEvent.correlation, WIRE.varint);
const KEY = tagOf(interned.annotationName, WIRE.bytes);
const [VALUE, VALUE_2] = twoBytes(interned.string, WIRE.bytes);

const NONE = -1;

/**
 * Reads packets right from their bytes that begin or end a slice of a thread, and are as most writers write
 * them. It stops before any other, and before what is not whole.
 */
export class PlainPackets {
  readonly #sequences: Sequences;
  readonly #clocks: Clocks;
  readonly #tracks: Tracks;
  readonly #events: EventWriter;
  readonly #rows: EventRows;
  /** Whether arguments need not be looked at. */
  readonly #skipsArguments: boolean;

  // What was read of a packet. The names are numbers of its sequence.
  #time = Number.NaN;
  #sequence = 0;
  #clock = NONE;
  #needsState = false;
  #type = 0;
  #name = NONE;
  #category = NONE;
  #hasArguments = false;
  #hasCorrelation = false;

  constructor(
    sequences: Sequences,
    clocks: Clocks,
    tracks: Tracks,
    events: EventWriter,
    rows: EventRows,
  ) {
    this.#sequences = sequences;
    this.#clocks = clocks;
    this.#tracks = tracks;
    this.#events = events;
    this.#rows = rows;
    this.#skipsArguments = !rows.mayHaveTexts;
  }

  /**
   * Takes packets from a place on; gives the place that it came to.
   *
   * @param base Where the bytes begin in the unpacked file.
   */
  take(bytes: Uint8Array, from: number, base: number): number {
    let next = from;
    while (next + 2 < bytes.length && bytes[next] === PACKET_TAG) {
      const start = startOf(bytes, next + 1);
      if (start === ODD) break;
      const end = start + numberAt(bytes, next + 1);
      if (end > bytes.length || !this.#read(bytes, start, end)) break;
      if (!this.#write(base + next)) break;
      next = end;
    }
    return next;
  }

  /** Reads a packet; false if it is not plain. */
  #read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#time = Number.NaN;
    this.#sequence = 0;
    this.#clock = NONE;
    this.#needsState = false;
    this.#type = 0;
    let at = start;
    while (at < end) {
      switch (bytes[at]) {
        case TIME:
          at = this.#readTime(bytes, at + 1);
          break;
        case SEQUENCE:
          this.#sequence = bytes[at + 1];
          at = this.#sequence < ONE_BYTE ? at + 2 : ODD;
          break;
        case EVENT: {
          const event = startOf(bytes, at + 1);
          at = event === ODD ? ODD : this.#readEvent(bytes, event, event + numberAt(bytes, at + 1));
          break;
        }
        case TEXTS: {
          const texts = startOf(bytes, at + 1);
          at = texts === ODD ? ODD : this.#passTexts(bytes, texts, texts + numberAt(bytes, at + 1));
          break;
        }
        case CLOCK:
          this.#clock = bytes[at + 2];
          at = bytes[at + 1] === CLOCK_2 && this.#clock < ONE_BYTE ? at + 3 : ODD;
          break;
        case FLAGS: {
          const flags = bytes[at + 1];
          this.#needsState = (flags & NEEDS_STATE) !== 0;
          at = flags < ONE_BYTE && (flags & STATE_CLEARED) === 0 ? at + 2 : ODD;
          break;
        }
        default:
          return false;
      }
      if (at === ODD) return false;
    }
    return at === end && !Number.isNaN(this.#time);
  }

  /** A time of less than 2^49. */
  #readTime(bytes: Uint8Array, from: number): number {
    let at = from;
    let byte = bytes[at++];
    let low = byte & LOW_BITS;
    for (let shift = BITS; byte >= ONE_BYTE && shift < 4 * BITS; shift += BITS) {
      byte = bytes[at++];
      low |= (byte & LOW_BITS) << shift;
    }
    this.#time = low;
    if (byte < ONE_BYTE) return at;
    let high = 0;
    for (let shift = 0; byte >= ONE_BYTE; shift += BITS) {
      if (shift >= 3 * BITS) return ODD;
      byte = bytes[at++];
      high |= (byte & LOW_BITS) << shift;
    }
    this.#time = high * 2 ** (4 * BITS) + low;
    return at;
  }

  #readEvent(bytes: Uint8Array, start: number, end: number): number {
    this.#name = NONE;
    this.#category = NONE;
    this.#hasArguments = false;
    this.#hasCorrelation = false;
    let at = start;
    while (at < end) {
      const value = bytes[at + 1];
      switch (bytes[at]) {
        case TYPE:
          this.#type = value;
          at += 2;
          break;
        case NAME:
          if (value >= ONE_BYTE && bytes[at + 2] >= ONE_BYTE) return ODD;
          this.#name = numberAt(bytes, at + 1);
          at += value < ONE_BYTE ? 2 : 3;
          break;
        case CATEGORY:
          if (value >= ONE_BYTE || this.#category !== NONE) return ODD;
          this.#category = value;
          at += 2;
          break;
        case ANNOTATION: {
          const argument = startOf(bytes, at + 1);
          if (!this.#skipsArguments || argument === ODD) return ODD;
          this.#hasArguments = true;
          at = argument + numberAt(bytes, at + 1);
          break;
        }
        case CORRELATION:
          if (value !== CORRELATION_2) return ODD;
          this.#hasCorrelation = true;
          at = afterVarint(bytes, at + 2, end);
          break;
        default:
          return ODD;
      }
    }
    return at === end ? at : ODD;
  }

  /** Passes over the texts of arguments, if these need not be looked at. */
  #passTexts(bytes: Uint8Array, start: number, end: number): number {
    if (!this.#skipsArguments) return ODD;
    let at = start;
    while (at < end) {
      const isKey = bytes[at] === KEY;
      if (!isKey && (bytes[at] !== VALUE || bytes[at + 1] !== VALUE_2)) return ODD;
      const length = isKey ? at + 1 : at + 2;
      const text = startOf(bytes, length);
      if (text === ODD) return ODD;
      at = text + numberAt(bytes, length);
    }
    return at === end ? at : ODD;
  }

  /** Writes the event that was read; false if it is not plain. */
  #write(offset: number): boolean {
    const type = this.#type;
    const events = this.#events;
    if (type === SLICE_END) {
      // Which one it ends, where it says that, has to be looked up.
      const saysMore = this.#hasArguments || this.#name !== NONE || this.#category !== NONE;
      if (saysMore) return false;
    } else if (type !== SLICE_BEGIN) return false;
    const sequence = this.#sequences.of(this.#sequence);
    if ((this.#needsState && !sequence.isKnown) || !events.isStarted) return false;
    const track = sequence.ownTrack(this.#tracks);
    const place = this.#tracks.placeOf(track);
    if (place.role !== 'thread' || (this.#hasCorrelation && !place.isRecorded)) return false;
    const clockId = this.#clock === NONE ? sequence.defaultClock : this.#clock;
    const clock = this.#clocks.simple(clockId, sequence.id);
    if (clock === undefined) return false;
    const time = timeOf(clock, this.#time);
    const slices = track.slicesOf(sequence.id);
    this.#rows.offset = offset;
    if (type === SLICE_END) events.endSlice(slices, place, time);
    else {
      const name = sequence.names.get(this.#name);
      const category = sequence.categories.get(this.#category);
      events.beginSlice(slices, place, time, name, category);
    }
    return true;
  }
}
