import type { Piece } from '../../../encoding/byte-buffer.js';
import { clockSnapshot, SINCE_START } from '../../../encoding/perfetto/clocks.js';
import {
  annotation,
  interned,
  legacyEvent,
  PACKET,
  packet,
  trackEvent,
} from '../../../encoding/perfetto/fields.js';
import { hash } from '../../../encoding/perfetto/hash.js';
import {
  beginTrace,
  counterValue,
  FIRST_SEQUENCE,
  intern,
  MAX_NUMBERS,
  MAX_STEP,
  openSequence,
  putInterned,
  WHOLE_TRACE,
} from '../../../encoding/perfetto/packets.js';
import { Tracks, type Uuid } from '../../../encoding/perfetto/tracks.js';
import { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { joinFlowId } from '../../../trace-event/ids.js';
import { COUNTER, INSTANT, SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import type { StringTable } from '../../timeline/string-table.js';
import { annotationsOf, varintAt } from './join-arguments.js';
import type { Keys, UsedKeys } from './keys.js';
import { Marks } from './marks.js';
import { categoryOf, nameOf } from './rows.js';
import type { Spool } from './spool.js';
import type { KnownThread, Threads } from './threads.js';

/** Packets are handed on when there is so much of them. */
const BLOCK_BYTES = 512 * 1024;
/** Room for all of a packet but its texts and its arguments. */
const ROOM = 256;

/** In the spool, the id of its flow stands before what a point says. */
export const FLOW_ID_BYTES = 8;

/** A point of a flow that is written with an event: its place in the spool. */
export interface FlowPoint {
  readonly spool: number;
  readonly isLast: boolean;
  /** How often its flow has ended before: each time it goes on by another id. */
  readonly ends: number;
  /** Whether it is only there for its flow to go on from. Then it has no arguments. */
  readonly isAdded: boolean;
  /** Whether it is a moment of its own: then its arguments are those of the event. */
  readonly isMoment?: boolean;
  /** What its arguments are called, if not after the flow. */
  readonly name?: string;
}

/** In place of name and category: of an end. */
export const NO_KEY = -1;

/** The packets of one thread. */
export class Sequence {
  readonly thread: KnownThread;
  /** What a packet of it has behind its own length, up to the length of the track event in it. */
  readonly head: Piece;
  /** What the time of the next packet is counted from. */
  time = 0;
  readonly #names = new Marks();
  readonly #categories = new Marks();

  constructor(thread: KnownThread, id: number) {
    this.thread = thread;
    const out = new WireBuffer(64);
    out.field(packet.sequence, id);
    out.tag(packet.trackEvent);
    this.head = out.pieceFrom(0);
  }

  /** Whether the name has to be told, as it is used for the first time. */
  isNewName(name: number): boolean {
    return this.#names.isNew(name);
  }

  isNewCategory(category: number): boolean {
    return this.#categories.isNew(category);
  }
}

/** Writes events as packets: of each thread in a sequence of its own, in the order of time. */
export class PacketWriter {
  readonly #put: (bytes: Uint8Array) => void;
  readonly #out = new WireBuffer(2 * BLOCK_BYTES);
  /** InternedData of the packet that is being written. */
  readonly #added = new WireBuffer(ROOM);
  readonly #clocks: Piece;
  readonly #strings: StringTable;
  /** The number that stands for no text. */
  readonly #none: number;
  readonly #keys: Keys;
  readonly #spool: Spool;
  #lastSequence = FIRST_SEQUENCE;
  readonly tracks: Tracks;

  constructor(
    put: (bytes: Uint8Array) => void,
    from: {
      readonly strings: StringTable;
      readonly keys: Keys;
      readonly spool: Spool;
      readonly threads: Threads;
    },
    zero: ReadonlyMap<number, bigint>,
    counts: number,
  ) {
    this.#put = put;
    this.#strings = from.strings;
    this.#none = from.strings.number('');
    this.#keys = from.keys;
    this.#spool = from.spool;
    this.#clocks = clockSnapshot(zero, counts);
    const out = this.#out;
    out.field(packet.sequence, FIRST_SEQUENCE);
    const head = out.pieceFrom(0);
    out.length = 0;
    const salt = `converted ${[...zero].join(' ')}`;
    this.tracks = new Tracks(out, head, undefined, salt, (of) => from.threads.isBelowAnother(of));
    beginTrace(out, head, this.#clocks);
  }

  /** The track of what belongs to a process, or to none. */
  placeOf({ pid }: KnownThread, isGlobal: boolean): Uuid {
    return isGlobal ? WHOLE_TRACE : this.tracks.process(pid);
  }

  /**
   * Writes an event.
   *
   * @param on Undefined: the track of its thread.
   * @param isInTurn Whether its time counts for the next one, or leaves that alone.
   * @param value Of a counter.
   * @param skipped So many of its first bytes in the spool are not written.
   */
  event(
    sequence: Sequence,
    type: number,
    on: Uuid | undefined,
    time: number,
    isInTurn: boolean,
    key: number,
    spool: number,
    flows: readonly FlowPoint[] | undefined,
    value: number | undefined,
    skipped: number,
  ): void {
    const out = this.#out;
    out.reserve(ROOM);
    const start = out.open(PACKET);
    out.put(sequence.head);
    const inside = ++out.length;
    if (type === TYPES.empty) out.put(EMPTY_SLICE);
    else out.field(trackEvent.type, type);
    if (key !== NO_KEY) this.#label(sequence, key);
    if (on !== undefined) out.uuid(trackEvent.track, on);
    if (value !== undefined) counterValue(out, value);
    if (spool !== 0) this.#record(spool, skipped);
    if (flows !== undefined) for (const point of flows) this.#flow(point);
    out.reserve(ROOM);
    out.close(inside);
    out.reserve(ROOM);
    out.tag(packet.timestamp);
    const step = time - sequence.time;
    if (isInTurn && step >= 0 && step < MAX_STEP) {
      out.varint(step);
      sequence.time = time;
    } else {
      out.varint(time);
      out.field(packet.clock, SINCE_START);
    }
    if (this.#added.length > 0) putInterned(out, this.#added);
    out.close(start);
    if (out.length >= BLOCK_BYTES) this.flush();
  }

  flush(): void {
    this.#put(this.#out.view());
    this.#out.clear(2 * BLOCK_BYTES);
  }

  /** Texts with larger numbers than a sequence may have are written out. */
  #label(sequence: Sequence, key: number): void {
    const out = this.#out;
    const [name, category] = [nameOf(key), categoryOf(key)];
    if (category >= MAX_NUMBERS) out.string(trackEvent.category, this.#strings.text(category));
    else if (category !== this.#none) {
      out.field(trackEvent.categoryId, category + 1);
      if (sequence.isNewCategory(category)) this.#intern(interned.category, category);
    }
    if (name >= MAX_NUMBERS) out.string(trackEvent.name, this.#strings.text(name));
    else if (name !== this.#none) {
      out.field(trackEvent.nameId, name + 1);
      if (sequence.isNewName(name)) this.#intern(interned.name, name);
    }
    out.reserve(ROOM);
  }

  #intern(list: number, number: number): void {
    intern(this.#added, list, number + 1, this.#strings.text(number));
  }

  /** What stands in the spool, but for the first bytes. */
  #record(place: number, without: number): void {
    const spool = this.#spool;
    spool.read(place);
    const length = spool.end - spool.start - without;
    this.#out.reserve(length + ROOM);
    this.#out.raw(spool.bytes, spool.start + without, length);
  }

  /** A point of a flow: its id comes first in the spool, then its arguments. */
  #flow({ spool, isLast, ends, isAdded, isMoment, name }: FlowPoint): void {
    const out = this.#out;
    this.#spool.read(spool);
    const { bytes, start } = this.#spool;
    out.reserve(ROOM);
    out.tag(isLast ? trackEvent.terminatingFlow : trackEvent.flow);
    if (ends === 0) out.raw(bytes, start, FLOW_ID_BYTES);
    else out.fixed64(this.#idAfter(ends));
    if (isAdded) return;
    if (isMoment) this.#membersOf(spool);
    else if (name === undefined) this.#record(spool, FLOW_ID_BYTES);
    else this.#renamed(name);
  }

  /** What the point of a flow says, without the name of the flow around it. */
  #membersOf(place: number): void {
    const { bytes } = this.#spool;
    const [said] = annotationsOf(this.#spool, FLOW_ID_BYTES);
    if (said === undefined || bytes[said.keyEnd] !== annotation.dictionary) {
      this.#record(place, FLOW_ID_BYTES);
      return;
    }
    for (let at = said.keyEnd; at < said.end; ) {
      const [content, length] = varintAt(bytes, at + 1);
      this.#out.copy(trackEvent.annotation, bytes, content, length);
      at = content + length;
    }
  }

  /** What the point of a flow in the spool says, under another name. */
  #renamed(name: string): void {
    const out = this.#out;
    const [{ keyEnd, end }] = annotationsOf(this.#spool, FLOW_ID_BYTES);
    const start = out.open(trackEvent.annotation);
    out.string(annotation.name, name);
    out.reserve(end - keyEnd + ROOM);
    out.raw(this.#spool.bytes, keyEnd, end - keyEnd);
    out.close(start);
  }

  /** The id of the flow in the spool when it has ended so often. */
  #idAfter(ends: number): bigint {
    const [low, high] = [this.#spool.word(0), this.#spool.word(4)];
    const id = hash(ends, { high, low });
    return joinFlowId(id.high, id.low);
  }

  /** Begins the packets of a thread. */
  sequenceOf(thread: KnownThread): Sequence {
    const out = this.#out;
    const id = ++this.#lastSequence;
    const track = this.tracks.thread(thread);
    const start = openSequence(out, id, track, this.#clocks, false);
    this.#tellKeys(thread.keys);
    if (this.#added.length > 0) putInterned(out, this.#added);
    out.close(start);
    return new Sequence(thread, id);
  }

  /** What its arguments are called is known by now. */
  #tellKeys({ numbers }: UsedKeys): void {
    for (const id of numbers) {
      intern(this.#added, interned.annotationName, id, this.#keys.text(id));
    }
  }
}

/** What is written of an event. */
export const TYPES = {
  begin: SLICE_BEGIN,
  end: SLICE_END,
  moment: INSTANT,
  counter: COUNTER,
  /** A slice without a length: by a letter of Chrome's format, which has no number here. */
  empty: 0,
} as const;

/**
 * In place of a type. As a begin and an end, it would be over before the next one of its moment begins, which
 * lies in it in Chrome's format.
 */
const EMPTY_SLICE = emptySlice();

function emptySlice(): Piece {
  const out = new WireBuffer(ROOM);
  const start = out.open(trackEvent.legacyEvent);
  out.field(legacyEvent.phase, 'X'.charCodeAt(0));
  out.field(legacyEvent.microseconds, 0);
  out.close(start);
  return out.pieceFrom(0);
}
