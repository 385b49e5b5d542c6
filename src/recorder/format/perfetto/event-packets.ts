import type { Piece } from '../../../encoding/byte-buffer.js';
import { clockSnapshot, SINCE_START } from '../../../encoding/perfetto/clocks.js';
import { PACKET, packet, perfSample, trackEvent } from '../../../encoding/perfetto/fields.js';
import {
  beginTrace,
  FIRST_SEQUENCE,
  MAX_STEP,
  openSequence,
  putInterned,
} from '../../../encoding/perfetto/packets.js';
import { Tracks, type Uuid } from '../../../encoding/perfetto/tracks.js';
import { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { flowId } from '../../../trace-event/ids.js';
import { SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import { FIRST_TRACK_TID, isTrackTid } from '../../../trace-event/thread-tracks.js';
import type {
  Arguments,
  FlowPoint,
  FormatSetup,
  Label,
  Lineage,
  SampledFunction,
  Thread,
} from '../format.js';
import { IdTexts } from '../id-texts.js';
import { ArgumentWriter } from './arguments.js';
import { clocksAt, countsIn } from './clocks.js';
import type { Encoded } from './interning.js';
import { Sequence } from './sequence.js';

/** Room for a batch of events, and what is kept for the next one. It grows where events are large. */
const CAPACITY = 1024 * 1024;
/** Room for all of a packet but its texts and its arguments. */
const ROOM = 256;
/** Bytes before the content of a packet, if it is short. */
const LENGTH_BYTES = 2;
/** The epoch of a sequence to which nothing can be added. */
const CLOSED = 0;
/** A label gets a number when it is used for the second time. */
const ONCE = 1;

/** The first sequence of a part of a trace is one of these, by chance: parts are joined in one file. */
const PART_SEQUENCES = { from: 2 ** 21, count: 2 ** 27 } as const;

/**
 * Packets of events, one after the other. A thread has a sequence of packets, in which times count from the
 * packet before, texts that repeat are numbers, and its track goes without saying.
 *
 * What describes tracks, and what may be erased later, stands in a sequence of its own, whose packets need
 * nothing of each other.
 */
export class EventPackets {
  readonly out = new WireBuffer(CAPACITY);
  readonly tracks: Tracks;
  /** InternedData of the packet that is being written. */
  readonly #added = new WireBuffer(ROOM);
  readonly #arguments: ArgumentWriter;
  readonly #ids: IdTexts;
  readonly #clocks: Piece;
  /** What packets of the sequence apart begin with; and with a track event. */
  readonly #apart: Piece;
  readonly #apartEvent: Piece;
  #sequences = new WeakMap<Thread, Sequence>();
  #lastSequence: number;
  /** Sequences of an earlier one have begun in what may be missing in the file. */
  #epoch = 1;
  /** Threads of which events were dropped since their last packet. */
  readonly #lossy = new WeakSet<Thread>();
  #isProvisional = false;
  /** Of the packet that is being written: where it and its event begin, and its sequence if it has one. */
  #start = 0;
  #inside = 0;
  #sequence: Sequence | undefined;

  constructor({ pid, run, firstId, start }: FormatSetup) {
    this.#clocks = clockSnapshot(clocksAt(start), countsIn(start));
    const { from, count } = PART_SEQUENCES;
    this.#lastSequence = firstId === 0 ? FIRST_SEQUENCE : from + (firstId % count);
    const { out } = this;
    this.#ids = new IdTexts(pid, run);
    this.#arguments = new ArgumentWriter(out, this.#ids);
    out.field(packet.sequence, this.#lastSequence);
    this.#apart = out.pieceFrom(0);
    out.tag(packet.trackEvent);
    this.#apartEvent = out.pieceFrom(0);
    out.length = 0;
    this.tracks = new Tracks(out, this.#apart, pid, `${pid}-${run}`, ({ tid }) => isTrackTid(tid));
  }

  /** Whether what is written may be erased: then it builds on nothing, and nothing builds on it. */
  set isProvisional(isProvisional: boolean) {
    this.#isProvisional = this.tracks.isProvisional = isProvisional;
  }

  reset(): void {
    this.out.clear(CAPACITY);
  }

  /** Nothing that was written is in the file for sure. */
  forget(): void {
    this.#epoch++;
    this.tracks.forget();
  }

  /**
   * Events of a thread are missing. What comes next must not build on what came before: whoever reads that
   * packets are missing forgets all that they may have said.
   */
  loseOf(thread: Thread): void {
    this.#lossy.add(thread);
    const sequence = this.#sequences.get(thread);
    if (sequence !== undefined) sequence.epoch = CLOSED;
  }

  /** The first packet of a trace. */
  beginTrace(): void {
    beginTrace(this.out, this.#apart, this.#clocks);
  }

  /**
   * Begins the packet of an event; `on` is its track, where that is not its thread's. Only fields of the
   * event may follow, up to `close()`.
   */
  open(thread: Thread, label: Label, type: number, on: Uuid | undefined): void {
    const { out } = this;
    out.reserve(ROOM);
    const encoded = label.encoded as Encoded<Sequence> | number | undefined;
    if (this.#isProvisional) this.#openApart(thread, type, on, label);
    else if (
      typeof encoded === 'object' &&
      encoded.owner.epoch === this.#epoch &&
      label.thread === thread
    ) {
      const { owner, piece } = encoded;
      this.#sequence = owner;
      this.#start = out.length;
      this.#inside = out.length + owner.inside;
      out.put(piece);
      // Behind the tag, with which the event begins.
      if (type !== SLICE_BEGIN) out.set(this.#inside + 1, type);
      if (on !== undefined) out.uuid(trackEvent.track, on);
    } else {
      this.#openIn(this.#sequenceOf(thread), type);
      this.#label(label, thread, encoded, type);
      if (on !== undefined) out.uuid(trackEvent.track, on);
    }
  }

  /** The end of what is open on a track. */
  openEnd(thread: Thread, on: Uuid | undefined): void {
    const { out } = this;
    out.reserve(ROOM);
    if (this.#isProvisional) this.#openApart(thread, SLICE_END, on, undefined);
    else {
      this.#openIn(this.#sequenceOf(thread), SLICE_END);
      if (on !== undefined) out.uuid(trackEvent.track, on);
    }
  }

  /** A point of a flow, in the event that is being written. */
  flow({ phase, id }: FlowPoint): void {
    const { out } = this;
    out.reserve(ROOM);
    out.tag(phase === 'f' ? trackEvent.terminatingFlow : trackEvent.flow);
    out.fixed64(flowId(this.#ids.of(id)) ?? 0n);
  }

  /** The arguments of such a point, below a name. */
  flowArguments(name: string, args: Arguments): void {
    this.#arguments.dictionary(this.#sequence, name, args);
  }

  /** Ends the packet of an event, with its arguments. */
  close(time: number, args: Arguments | undefined, lineage: Lineage | undefined): void {
    const { out } = this;
    const sequence = this.#sequence;
    if (args !== undefined) this.#arguments.write(sequence, args);
    if (lineage !== undefined) this.#arguments.lineage(sequence, lineage);
    out.close(this.#inside);
    this.#seal(time);
  }

  /**
   * The end of the slice that the packet before has begun, with nothing in it but its time, as nearly all
   * have it. False where that packet stands apart.
   */
  endLast(time: number): boolean {
    const sequence = this.#sequence;
    if (sequence === undefined) return false;
    const { out } = this;
    out.reserve(ROOM);
    this.#start = out.length;
    out.put(sequence.end);
    this.#time(time);
    out.close(this.#start + LENGTH_BYTES);
    return true;
  }

  /** A sample of the CPU: the functions that were open in a thread. */
  sample(thread: Thread, time: number, stack: readonly SampledFunction[]): void {
    const sequence = this.#sequenceOf(thread);
    const callstack = sequence.callstacks.id(stack);
    const { out } = this;
    out.reserve(ROOM);
    this.#sequence = sequence;
    this.#start = out.length;
    out.open(PACKET);
    out.field(packet.sequence, sequence.id);
    const inside = out.open(packet.perfSample);
    out.field(perfSample.pid, thread.pid);
    out.field(perfSample.tid, thread.tid - FIRST_TRACK_TID);
    out.field(perfSample.callstack, callstack);
    out.close(inside);
    this.#seal(time);
  }

  /** An event that tells all itself, so that it can be erased. */
  #openApart(thread: Thread, type: number, on: Uuid | undefined, label: Label | undefined): void {
    const { out } = this;
    const track = on ?? this.tracks.thread(thread);
    this.#sequence = undefined;
    this.#start = out.length;
    out.open(PACKET);
    out.put(this.#apartEvent);
    this.#inside = ++out.length;
    out.field(trackEvent.type, type);
    if (label !== undefined) {
      out.string(trackEvent.category, label.category);
      out.string(trackEvent.name, label.name);
      out.reserve(ROOM);
    }
    out.uuid(trackEvent.track, track);
  }

  #openIn(sequence: Sequence, type: number): void {
    const { out } = this;
    this.#sequence = sequence;
    this.#start = out.length;
    this.#inside = out.length + sequence.inside;
    out.open(PACKET);
    out.put(sequence.head);
    out.length++;
    out.field(trackEvent.type, type);
  }

  /** The category and the name. What is used for the second time is encoded for good. */
  #label(label: Label, thread: Thread, encoded: object | number | undefined, type: number): void {
    const { out } = this;
    const sequence = this.#sequence as Sequence;
    out.field(trackEvent.categoryId, sequence.categories.id(label.category));
    if (label.thread !== thread || encoded === undefined) {
      out.string(trackEvent.name, label.name);
      out.reserve(ROOM);
      if (label.thread === thread) label.encoded = ONCE;
      return;
    }
    out.field(trackEvent.nameId, sequence.name(label.name));
    out.close(this.#inside);
    out.set(this.#inside + 1, SLICE_BEGIN);
    label.encoded = { owner: sequence, piece: out.pieceFrom(this.#start) };
    out.set(this.#inside + 1, type);
  }

  /** Ends a packet: adds its time, and the texts that got numbers for it. */
  #seal(time: number): void {
    const { out } = this;
    const sequence = this.#sequence;
    out.reserve(ROOM);
    this.#time(time);
    const added = this.#added;
    if (added.length > 0) {
      putInterned(out, added);
      if (sequence?.isFull) sequence.epoch = CLOSED;
    }
    out.close(this.#start + LENGTH_BYTES);
  }

  #time(time: number): void {
    const { out } = this;
    const sequence = this.#sequence;
    const step = sequence === undefined ? -1 : time - sequence.time;
    out.tag(packet.timestamp);
    if (sequence !== undefined && step >= 0 && step < MAX_STEP) {
      sequence.time = time;
      out.varint(step);
    } else {
      // A slice that others lie in is written behind them. Its own time leaves alone what theirs count from.
      out.varint(time);
      out.field(packet.clock, SINCE_START);
    }
  }

  /** The sequence of a thread. May write packets. */
  #sequenceOf(thread: Thread): Sequence {
    const known = this.#sequences.get(thread);
    return known?.epoch === this.#epoch ? known : this.#newSequence(thread);
  }

  #newSequence(thread: Thread): Sequence {
    const { out } = this;
    const id = ++this.#lastSequence;
    const sequence = new Sequence(id, this.#epoch, this.#added);
    this.#sequences.set(thread, sequence);
    const track = this.tracks.thread(thread);
    out.close(openSequence(out, id, track, this.#clocks, this.#lossy.delete(thread)));
    out.reserve(ROOM);
    return sequence;
  }
}
