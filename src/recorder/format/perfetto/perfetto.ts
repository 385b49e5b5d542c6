import { Buffer } from 'node:buffer';
import type { Piece } from '../../../encoding/byte-buffer.js';
import { clockSnapshot, SINCE_START } from '../../../encoding/perfetto/clocks.js';
import { PACKET, packet, perfSample, trackEvent } from '../../../encoding/perfetto/fields.js';
import {
  beginTrace,
  counterValue,
  FIRST_SEQUENCE,
  MAX_STEP,
  openSequence,
  putInterned,
  WHOLE_TRACE,
} from '../../../encoding/perfetto/packets.js';
import { Tracks, type Uuid } from '../../../encoding/perfetto/tracks.js';
import { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { METADATA_CATEGORY, RECORDED } from '../../../trace-event/defaults.js';
import { flowId } from '../../../trace-event/ids.js';
import { fitsShape, metadataShape } from '../../../trace-event/metadata.js';
import { COUNTER, INSTANT, SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import { FIRST_TRACK_TID } from '../../../trace-event/thread-tracks.js';
import type { TraceStart } from '../../../trace-event/trace-start.js';
import { asObject } from '../argument-values.js';
import type {
  ArgumentList,
  Arguments,
  AsyncPhase,
  AsyncPlace,
  FlowPoint,
  FormatSetup,
  InstantScope,
  Label,
  Lineage,
  SampledFunction,
  Thread,
  TraceFormat,
} from '../format.js';
import { ArgumentWriter } from './arguments.js';
import { clocksAt, countsIn } from './clocks.js';
import { putEmitted } from './emitted.js';
import type { Encoded } from './interning.js';
import { packetFraming, packetsIn } from './packets.js';
import { Sequence } from './sequence.js';

/** A batch of events is written at about this size. */
const CAPACITY = 1024 * 1024;
/** Room for all of a packet but its texts and its arguments. */
const ROOM = 256;
/** So many threads that do not record are remembered. */
const MAX_OTHERS = 1000;
/** Bytes before the content of a packet, if it is short. */
const LENGTH_BYTES = 2;
/** The epoch of a sequence to which nothing can be added. */
const CLOSED = 0;
/** A label gets a number when it is used for the second time. */
const ONCE = 1;

/** What is written apart in a part of a trace has one of these sequences, by chance. */
const PART_SEQUENCES = { from: 2 ** 21, count: 2 ** 27 } as const;

/**
 * Perfetto's own format: TrackEvents in Protocol Buffers. A thread has a sequence of packets, in which times
 * count from the packet before, texts that repeat are numbers, and its track goes without saying. A slice is
 * two packets.
 *
 * What describes tracks, and what may be erased later, stands in a sequence of its own, whose packets need
 * nothing of each other.
 */
export class Perfetto implements TraceFormat {
  readonly framing = packetFraming;
  readonly flowsInOperations = true;
  readonly #pid: number;
  /** Time 0 in microseconds on the clock of events that the program has written itself. */
  readonly #offset: number;
  readonly #out = new WireBuffer(CAPACITY);
  /** InternedData of the packet that is being written. */
  readonly #added = new WireBuffer(ROOM);
  readonly #arguments = new ArgumentWriter(this.#out);
  readonly #tracks: Tracks;
  readonly #clocks: Piece;
  /** What packets of the sequence apart begin with; and with a track event. */
  readonly #apart: Piece;
  readonly #apartEvent: Piece;
  #sequences = new WeakMap<Thread, Sequence>();
  /** Threads that only events of the program's own speak of. */
  readonly #others = new Map<string, Thread>();
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
  events = 0;

  constructor({ pid, run, firstId, start }: FormatSetup) {
    this.#pid = pid;
    this.#offset = start.clock === 'epoch' ? start.wallMicroseconds : 0;
    this.#clocks = clockSnapshot(clocksAt(start), countsIn(start));
    const { from, count } = PART_SEQUENCES;
    this.#lastSequence = firstId === 0 ? FIRST_SEQUENCE : from + (firstId % count);
    const out = this.#out;
    out.field(packet.sequence, this.#lastSequence);
    this.#apart = out.pieceFrom(0);
    out.tag(packet.trackEvent);
    this.#apartEvent = out.pieceFrom(0);
    out.length = 0;
    this.#tracks = new Tracks(out, this.#apart, pid, `${pid}-${run}`);
  }

  get length(): number {
    return this.#out.length;
  }

  bytes(): Uint8Array {
    return this.#out.view();
  }

  reset(): void {
    this.#out.clear(CAPACITY);
    this.events = 0;
  }

  begin(processName: string, { node, platform }: TraceStart): void {
    beginTrace(this.#out, this.#apart, this.#clocks);
    const labels = [RECORDED, `Node ${node}`, platform];
    this.#tracks.describeProcess(this.#pid, { name: processName, labels });
  }

  complete(
    thread: Thread,
    label: Label,
    start: number,
    duration: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void {
    this.#open(thread, label, SLICE_BEGIN, undefined);
    if (flows !== undefined) this.#flows(flows, (point) => isAtBegin(point, start));
    this.#close(start, args, lineage);
    this.events++;
    const end = start + duration;
    const sequence = this.#sequence;
    if (sequence === undefined || flows !== undefined) this.#end(thread, start, end, flows);
    else {
      // Of nearly all slices.
      const out = this.#out;
      out.reserve(ROOM);
      this.#start = out.length;
      out.put(sequence.end);
      this.#time(end);
      out.close(this.#start + LENGTH_BYTES);
    }
  }

  unfinished(
    thread: Thread,
    label: Label,
    start: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void {
    this.#begin(thread, label, undefined, start, args, lineage, flows);
  }

  instant(
    thread: Thread,
    label: Label,
    time: number,
    scope: InstantScope,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void {
    let on: Uuid | undefined;
    if (scope === 'p') on = this.#tracks.process(thread.pid);
    else if (scope === 'g') on = WHOLE_TRACE;
    this.#event(INSTANT, thread, label, on, time, args, lineage);
  }

  sample(thread: Thread, time: number, stack: readonly SampledFunction[]): void {
    const sequence = this.#sequenceOf(thread);
    const callstack = sequence.callstacks.id(stack);
    const out = this.#out;
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

  counter(thread: Thread, label: Label, time: number, series: ReadonlyMap<string, number>): void {
    const { name } = label;
    for (const [key, value] of series) {
      const on = this.#tracks.counter(thread.pid, name, key, series.size === 1);
      this.#open(thread, label, COUNTER, on);
      counterValue(this.#out, value);
      this.#close(time, undefined, undefined);
      this.events++;
    }
  }

  async(
    phase: AsyncPhase,
    thread: Thread,
    label: Label,
    place: AsyncPlace,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void {
    const track = trackOf(place, label);
    if (phase === 'e') {
      this.endOfSlice(thread, time, args, this.#tracks.knownOperation(track));
      this.events++;
      return;
    }
    const on = this.#tracks.operation(thread.pid, track);
    if (phase === 'b') this.#begin(thread, label, on, time, args, lineage, flows);
    else this.#event(INSTANT, thread, label, on, time, args, lineage);
  }

  metadata(thread: Thread, name: string, args: Arguments | undefined): void {
    const values = args === undefined ? {} : asObject(args);
    const shape = metadataShape(name);
    const value = shape && values[shape.key];
    if (shape === undefined || !fitsShape(shape, value)) {
      // Perfetto has no place for it: it becomes a moment of the process, at the start of the trace.
      const label = { thread, name, category: METADATA_CATEGORY, encoded: undefined };
      this.instant(thread, label, 0, 'p', values, undefined);
      return;
    }
    const { pid } = thread;
    const isOfThread = name.startsWith('thread_');
    if (shape.key === 'sort_index') {
      const sortIndex = Number(value);
      if (isOfThread) this.#tracks.describeThread(thread, { sortIndex });
      else this.#tracks.describeProcess(pid, { sortIndex });
    } else if (isOfThread) this.#tracks.describeThread(thread, { name: String(value) });
    else if (shape.key === 'labels') {
      this.#tracks.describeProcess(pid, { labels: [String(value)] });
    } else this.#tracks.describeProcess(pid, { name: String(value) });
  }

  verbatim(thread: Thread, time: number, members: ArgumentList, given: number): void {
    putEmitted(this, thread, time, this.#offset, asObject(members), given);
  }

  threadOf(pid: number, tid: number): Thread {
    const key = `${pid}/${tid}`;
    let thread = this.#others.get(key);
    if (thread === undefined) {
      if (this.#others.size >= MAX_OTHERS) this.#others.clear();
      thread = { pid, tid };
      this.#others.set(key, thread);
    }
    return thread;
  }

  /** Ends what was begun last of all that is open on a track; `on`: not on its thread's. */
  endOfSlice(thread: Thread, time: number, args: Arguments | undefined, on?: Uuid): void {
    this.#openEnd(thread, on);
    this.#close(time, args, undefined);
  }

  /** A point of a flow, as a moment of its own; `on`: not on its thread's track. */
  point(point: FlowPoint, on?: Uuid): void {
    const { stream, label, time, args } = point;
    this.#open(stream, label, INSTANT, on);
    this.#flow(point);
    this.#close(time, args, undefined);
    this.events += 2;
  }

  dropped(thread: Thread, label: Label, time: number, count: number): void {
    // What comes next must not build on what came before: whoever reads that packets are missing forgets
    // all that they may have said.
    this.#lossy.add(thread);
    const sequence = this.#sequences.get(thread);
    if (sequence !== undefined) sequence.epoch = CLOSED;
    this.instant(thread, label, time, 't', { count }, undefined);
  }

  provisional(draw: () => void): readonly string[] {
    const out = this.#out;
    const { events } = this;
    const { length } = out;
    this.#isProvisional = this.#tracks.isProvisional = true;
    try {
      draw();
    } finally {
      this.#isProvisional = this.#tracks.isProvisional = false;
    }
    const bytes = Buffer.from(out.view().subarray(length));
    out.length = length;
    this.events = events;
    return Array.from(packetsIn(bytes), ([start, end]) => bytes.toString('latin1', start, end));
  }

  put(bytes: Uint8Array, events: number): void {
    this.#out.reserve(bytes.length);
    this.#out.bytes(bytes);
    this.events += events;
  }

  adopt(run: Uint8Array): void {
    this.put(run, packetFraming.count(run));
  }

  forget(): void {
    this.#epoch++;
    this.#tracks.forget();
  }

  /** The begin of what has no end yet, or one that is written apart; `on`: not on its thread's track. */
  #begin(
    thread: Thread,
    label: Label,
    on: Uuid | undefined,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows: readonly FlowPoint[] | undefined,
  ): void {
    this.#open(thread, label, SLICE_BEGIN, on);
    if (flows !== undefined) this.#flows(flows, (point) => isAtBegin(point, time));
    this.#close(time, args, lineage);
    this.events++;
    for (const point of flows ?? []) if (!isAtBegin(point, time)) this.point(point, on);
  }

  /** The end of a slice of a thread, with the points of flows that could not stand at its begin. */
  #end(thread: Thread, start: number, time: number, flows: readonly FlowPoint[] | undefined): void {
    this.#openEnd(thread, undefined);
    if (flows !== undefined) {
      this.#flows(flows, (point) => point.phase === 'f' && !isAtBegin(point, start));
    }
    this.#close(time, undefined, undefined);
    for (const point of flows ?? []) {
      if (point.phase === 't' && !isAtBegin(point, start)) this.point(point, undefined);
    }
  }

  #event(
    type: number,
    thread: Thread,
    label: Label,
    on: Uuid | undefined,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void {
    this.#open(thread, label, type, on);
    this.#close(time, args, lineage);
    this.events++;
  }

  /**
   * Begins the packet of an event; `on` is its track, where that is not its thread's. Only fields of the
   * event may follow, up to `#close()`.
   */
  #open(thread: Thread, label: Label, type: number, on: Uuid | undefined): void {
    const out = this.#out;
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
      if (on !== undefined) this.#track(on);
    } else {
      this.#openIn(this.#sequenceOf(thread), type);
      this.#label(label, thread, encoded, type);
      if (on !== undefined) this.#track(on);
    }
  }

  /** The end of what is open on a track. */
  #openEnd(thread: Thread, on: Uuid | undefined): void {
    this.#out.reserve(ROOM);
    if (this.#isProvisional) this.#openApart(thread, SLICE_END, on, undefined);
    else {
      this.#openIn(this.#sequenceOf(thread), SLICE_END);
      if (on !== undefined) this.#track(on);
    }
  }

  /** An event that tells all itself, so that it can be erased. */
  #openApart(thread: Thread, type: number, on: Uuid | undefined, label: Label | undefined): void {
    const out = this.#out;
    const track = on ?? this.#tracks.thread(thread);
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
    this.#track(track);
  }

  #openIn(sequence: Sequence, type: number): void {
    const out = this.#out;
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
    const out = this.#out;
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

  #track(uuid: Uuid): void {
    this.#out.uuid(trackEvent.track, uuid);
  }

  /** Ends the packet of an event, with its arguments. */
  #close(time: number, args: Arguments | undefined, lineage: Lineage | undefined): void {
    const out = this.#out;
    const sequence = this.#sequence;
    if (args !== undefined) this.#arguments.write(sequence, args);
    if (lineage !== undefined) this.#arguments.lineage(sequence, lineage);
    out.close(this.#inside);
    this.#seal(time);
  }

  /** Ends a packet: adds its time, and the texts that got numbers for it. */
  #seal(time: number): void {
    const out = this.#out;
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
    const out = this.#out;
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

  /** Those points of flows that stand in the event which is being written. */
  #flows(flows: readonly FlowPoint[], isHere: (point: FlowPoint) => boolean): void {
    for (const point of flows) {
      if (!isHere(point)) continue;
      this.#flow(point);
      const { args, label } = point;
      if (args !== undefined) this.#arguments.dictionary(this.#sequence, label.name, args);
      this.events++;
    }
  }

  #flow({ phase, id }: FlowPoint): void {
    const out = this.#out;
    out.reserve(ROOM);
    out.tag(phase === 'f' ? trackEvent.terminatingFlow : trackEvent.flow);
    out.fixed64(flowId(id) ?? 0n);
  }

  /** The sequence of a thread. May write packets. */
  #sequenceOf(thread: Thread): Sequence {
    const known = this.#sequences.get(thread);
    return known?.epoch === this.#epoch ? known : this.#newSequence(thread);
  }

  #newSequence(thread: Thread): Sequence {
    const out = this.#out;
    const id = ++this.#lastSequence;
    const sequence = new Sequence(id, this.#epoch, this.#added);
    this.#sequences.set(thread, sequence);
    const track = this.#tracks.thread(thread);
    out.close(openSequence(out, id, track, this.#clocks, this.#lossy.delete(thread)));
    out.reserve(ROOM);
    return sequence;
  }
}

/**
 * Whether a point of a flow can stand at the begin of what it lies in. Who reads the trace takes the points
 * of a flow in the order of their events.
 */
function isAtBegin({ phase, after }: FlowPoint, begin: number): boolean {
  return phase === 's' || begin >= after;
}

/** An id that the recorder has made names one track, any other one names one in each category. */
function trackOf(place: AsyncPlace, { category, name }: Label): AsyncPlace {
  return place.id.startsWith('0x') ? place : { ...place, name, id: `${category} ${place.id}` };
}
