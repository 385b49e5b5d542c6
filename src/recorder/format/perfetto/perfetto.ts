import { Buffer } from 'node:buffer';
import { freeName } from '../../../encoding/perfetto/free-name.js';
import { counterValue, WHOLE_TRACE } from '../../../encoding/perfetto/packets.js';
import type { Tracks, Uuid } from '../../../encoding/perfetto/tracks.js';
import type { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { METADATA_CATEGORY, RECORDED } from '../../../trace-event/defaults.js';
import { OWN_ID, PARENT_ID, ROOT_ID } from '../../../trace-event/lineage.js';
import { fitsShape, metadataShape } from '../../../trace-event/metadata.js';
import { COUNTER, INSTANT, SLICE_BEGIN } from '../../../trace-event/perfetto.js';
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
import { putEmitted } from './emitted.js';
import { EventPackets } from './event-packets.js';
import { packetFraming, packetsIn } from './packets.js';

/** So many threads that do not record are remembered. */
const MAX_OTHERS = 1000;

/** Perfetto's own format: TrackEvents in Protocol Buffers. A slice is two packets. */
export class Perfetto implements TraceFormat {
  readonly framing = packetFraming;
  readonly flowsInOperations = true;
  readonly #pid: number;
  /** Time 0 in microseconds on the clock of events that the program has written itself. */
  readonly #offset: number;
  readonly #packets: EventPackets;
  readonly #out: WireBuffer;
  readonly #tracks: Tracks;
  /** Threads that only events of the program's own speak of. */
  readonly #others = new Map<string, Thread>();
  events = 0;

  constructor(setup: FormatSetup) {
    const { pid, start } = setup;
    this.#pid = pid;
    this.#offset = start.clock === 'epoch' ? start.wallMicroseconds : 0;
    this.#packets = new EventPackets(setup);
    this.#out = this.#packets.out;
    this.#tracks = this.#packets.tracks;
  }

  get length(): number {
    return this.#out.length;
  }

  bytes(): Uint8Array {
    return this.#out.view();
  }

  reset(): void {
    this.#packets.reset();
    this.events = 0;
  }

  begin(processName: string, { node, platform }: TraceStart): void {
    this.#packets.beginTrace();
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
    this.#packets.open(thread, label, SLICE_BEGIN, undefined);
    this.events++;
    const end = start + duration;
    if (flows === undefined) {
      this.#packets.close(start, args, lineage);
      if (!this.#packets.endLast(end)) this.endOfSlice(thread, end, undefined);
      return;
    }
    const taken = namesBeside(flows, args, lineage);
    this.#flows(flows, taken, (point) => isAtBegin(point, start));
    this.#packets.close(start, args, lineage);
    this.#end(thread, start, end, flows, taken);
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
    this.#packets.sample(thread, time, stack);
  }

  counter(thread: Thread, label: Label, time: number, series: ReadonlyMap<string, number>): void {
    const { name } = label;
    for (const [key, value] of series) {
      const on = this.#tracks.counter(thread.pid, name, key, series.size === 1);
      this.#packets.open(thread, label, COUNTER, on);
      counterValue(this.#out, value);
      this.#packets.close(time, undefined, undefined);
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
    this.#packets.openEnd(thread, on);
    this.#packets.close(time, args, undefined);
  }

  /** A point of a flow, as a moment of its own; `on`: not on its thread's track. */
  point(point: FlowPoint, on?: Uuid): void {
    const { stream, label, time, args } = point;
    this.#packets.open(stream, label, INSTANT, on);
    this.#packets.flow(point);
    this.#packets.close(time, args, undefined);
    this.events += 2;
  }

  dropped(thread: Thread, label: Label, time: number, count: number): void {
    this.#packets.loseOf(thread);
    this.instant(thread, label, time, 't', { count }, undefined);
  }

  provisional(draw: () => void): readonly string[] {
    const out = this.#out;
    const { events } = this;
    const { length } = out;
    this.#packets.isProvisional = true;
    try {
      draw();
    } finally {
      this.#packets.isProvisional = false;
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
    this.#packets.forget();
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
    this.#packets.open(thread, label, SLICE_BEGIN, on);
    if (flows !== undefined) {
      const taken = namesBeside(flows, args, lineage);
      this.#flows(flows, taken, (point) => isAtBegin(point, time));
    }
    this.#packets.close(time, args, lineage);
    this.events++;
    for (const point of flows ?? []) if (!isAtBegin(point, time)) this.point(point, on);
  }

  /** The end of a slice of a thread, with the points of flows that could not stand at its begin. */
  #end(
    thread: Thread,
    start: number,
    time: number,
    flows: readonly FlowPoint[],
    taken: Set<string>,
  ): void {
    this.#packets.openEnd(thread, undefined);
    this.#flows(flows, taken, (point) => point.phase === 'f' && !isAtBegin(point, start));
    this.#packets.close(time, undefined, undefined);
    for (const point of flows) {
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
    this.#packets.open(thread, label, type, on);
    this.#packets.close(time, args, lineage);
    this.events++;
  }

  /** Those points of flows that stand in the event which is being written. */
  #flows(
    flows: readonly FlowPoint[],
    taken: Set<string>,
    isHere: (point: FlowPoint) => boolean,
  ): void {
    for (const point of flows) {
      if (!isHere(point)) continue;
      this.#packets.flow(point);
      const { args, label } = point;
      if (args !== undefined) this.#packets.flowArguments(freeName(label.name, taken), args);
      this.events++;
    }
  }
}

/** The names of a slice's arguments, where points of flows in it say something, too. */
function namesBeside(
  flows: readonly FlowPoint[],
  args: Arguments | undefined,
  lineage: Lineage | undefined,
): Set<string> {
  if (flows.every((point) => point.args === undefined)) return new Set();
  const names = new Set(args === undefined ? [] : Object.keys(asObject(args)));
  if (lineage !== undefined) for (const name of [OWN_ID, ROOT_ID, PARENT_ID]) names.add(name);
  return names;
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
  return typeof place.id === 'number' ? place : { ...place, name, id: `${category} ${place.id}` };
}
