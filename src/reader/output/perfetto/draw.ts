import type { Uuid } from '../../../encoding/perfetto/tracks.js';
import { BOOTTIME, MONOTONIC, REALTIME } from '../../../trace-event/perfetto.js';
import { SpillSorter } from '../../timeline/spill-sorter.js';
import { bindFlows } from './bind-flows.js';
import { withFreeNames } from './flow-names.js';
import type { Gatherer } from './gather.js';
import { Lanes } from './lanes.js';
import { type FlowPoint, NO_KEY, PacketWriter, type Sequence, TYPES } from './packet-writer.js';
import {
  AT_BEGIN,
  AT_END,
  BINDINGS,
  COLUMNS,
  END,
  indexOf,
  KIND,
  kindOf,
  nameOf,
  WIDTH,
} from './rows.js';

/** Before the arguments of what tells of an operation stands its thread. */
const THREAD_BYTES = 4;

/** A slice that is written when it is known what comes behind it. */
class Waiting {
  isThere = false;
  start = 0;
  end = 0;
  key = 0;
  spool = 0;
  on: Uuid | undefined;
  begun: readonly FlowPoint[] | undefined;
  ended: readonly FlowPoint[] | undefined;
}

/** A thread of which something is written. */
interface Drawn {
  readonly sequence: Sequence;
  readonly lanes: Lanes;
  readonly waiting: Waiting;
}

/** Writes the rows of a trace as packets. */
export class Drawing {
  readonly #from: Gatherer;
  readonly #packets: PacketWriter;
  /** By the numbers of threads. */
  readonly #threads: (Drawn | undefined)[] = [];
  readonly #operations = new Map<number, Lanes>();
  readonly #earliest: number;
  overlapping = 0;

  constructor(from: Gatherer, put: (bytes: Uint8Array) => void) {
    this.#from = from;
    const { earliest, clocks } = from;
    this.#earliest = earliest;
    const since = BigInt(earliest);
    const zero = new Map<number, bigint>();
    if (clocks.wall !== undefined) zero.set(REALTIME, clocks.wall + since);
    if (clocks.monotonic !== undefined) zero.set(MONOTONIC, clocks.monotonic + since);
    if (clocks.boot !== undefined) zero.set(BOOTTIME, clocks.boot + since);
    if (zero.size === 0) zero.set(BOOTTIME, clocks.own + since);
    // Clocks of the system know no time before their 0.
    for (const [clock, time] of zero) if (time < 0n) zero.set(clock, 0n);
    const counts = zero.has(MONOTONIC) ? MONOTONIC : zero.has(REALTIME) ? REALTIME : BOOTTIME;
    this.#packets = new PacketWriter(put, from, zero, counts);
  }

  /** Writes all of them, step by step. */
  *draw(): Generator<void, void, undefined> {
    this.#describe();
    const { rows, hasFlows } = this.#from;
    if (!hasFlows) yield* this.#rows(rows.blocks(), [][Symbol.iterator]());
    else {
      const again = new SpillSorter(COLUMNS);
      const bindings = new SpillSorter(BINDINGS);
      try {
        yield* bindFlows(rows.blocks(), (place) => this.#from.flowAt(place), again, bindings);
        yield* this.#rows(again.blocks(), bindings.sorted());
      } finally {
        again.close();
        bindings.close();
      }
    }
    for (const thread of this.#threads) {
      if (thread !== undefined) this.#release(thread, Number.POSITIVE_INFINITY);
    }
    this.#packets.flush();
  }

  #describe(): void {
    const { tracks } = this.#packets;
    const { processes, descriptions } = this.#from.threads;
    for (const [pid, description] of processes) tracks.describeProcess(pid, description);
    for (const thread of descriptions.values()) tracks.describeThread(thread, thread);
  }

  *#rows(
    blocks: Iterable<Float64Array>,
    bindings: Iterator<Binding>,
  ): Generator<void, void, undefined> {
    let next = bindings.next();
    for (const rows of blocks) {
      for (let at = 0; at < rows.length; at += WIDTH) {
        let points: Binding[] | undefined;
        while (next.done !== true && isOf(next.value, rows, at)) {
          points ??= [];
          points.push({ ...next.value });
          next = bindings.next();
        }
        this.#row(rows, at, points);
      }
      yield;
    }
  }

  #row(rows: Float64Array, at: number, points: readonly Binding[] | undefined): void {
    const time = rows[at] - this.#earliest;
    const kind = kindOf(rows[at + 2]);
    const on = rows[at + 3];
    const key = rows[at + 4];
    const spool = rows[at + 5];
    const { threads, counters } = this.#from;
    switch (kind) {
      case KIND.completeSlice:
      case KIND.begunSlice: {
        const isComplete = kind === KIND.completeSlice;
        this.#slice(on, isComplete, time, rows[at + END] - this.#earliest, key, spool, points);
        break;
      }
      case KIND.threadMoment:
        this.#moment(on, undefined, time, key, spool, points && this.#flowsOf(points, spool));
        break;
      case KIND.processMoment:
      case KIND.traceMoment: {
        const track = this.#packets.placeOf(threads.all[on], kind === KIND.traceMoment);
        this.#moment(on, track, time, key, spool);
        break;
      }
      case KIND.counter: {
        const { pid, counter, name, isOnly, thread } = counters.all[on];
        const track = this.#packets.tracks.counter(pid, counter, name, isOnly);
        this.#event(thread, TYPES.counter, track, time, key, 0, undefined, spool);
        break;
      }
      case KIND.operationBegin:
        this.#begin(on, rows[at + 2], time, rows[at + END] - this.#earliest, key, spool);
        break;
      case KIND.operationEnd:
        this.#end(on, rows[at + 2], time, spool);
        break;
      case KIND.operationMoment: {
        const thread = this.#from.threadAt(spool);
        const track = this.#operationTrack(on, 0, key, thread);
        this.#ofOperation(thread, TYPES.moment, track, time, key, spool);
        break;
      }
      default: {
        const isLast = kind >= KIND.flowEnd;
        const point = { spool, isLast, ends: 0, isAdded: false, isMoment: true };
        this.#event(on, TYPES.moment, undefined, time, key, 0, [point]);
      }
    }
  }

  #slice(
    thread: number,
    isComplete: boolean,
    start: number,
    given: number,
    key: number,
    spool: number,
    points: readonly Binding[] | undefined,
  ): void {
    const drawn = this.#thread(thread);
    const { lanes, waiting } = drawn;
    const lane = lanes.open(start, given);
    if (lanes.end < given && given < Number.POSITIVE_INFINITY) this.#cut();
    this.#release(drawn, start);
    if (isComplete && given === start && lane === 0) {
      const flows = points && this.#flowsOf(points, spool);
      this.#event(thread, TYPES.empty, undefined, start, key, spool, flows);
      return;
    }
    waiting.isThere = true;
    waiting.start = start;
    waiting.end = lanes.end;
    waiting.key = key;
    waiting.spool = spool;
    waiting.on = lane === 0 ? undefined : this.#laneTrack(thread, lane);
    const flows = points && this.#flowsOf(points, spool);
    waiting.begun = flows?.filter((_, i) => points?.[i].atEnd === AT_BEGIN);
    waiting.ended = flows?.filter((_, i) => points?.[i].atEnd === AT_END);
  }

  /** The points of flows in a slice. */
  #flowsOf(points: readonly Binding[], slice: number): readonly FlowPoint[] {
    const { spool, keys } = this.#from;
    return withFreeNames(points.map(pointOf), spool, keys, slice);
  }

  #cut(): void {
    this.#from.leftOut.add('slices whose end was cut, as they overlap too many others');
  }

  /** The track of slices that overlap others. */
  #laneTrack(thread: number, lane: number): Uuid {
    this.overlapping++;
    const known = this.#from.threads.all[thread];
    return this.#packets.tracks.belowThread(known, `lane ${lane}`, 'overlapping');
  }

  /** Writes the slice of a thread that waits, if one does. */
  #release({ sequence, waiting }: Drawn, next: number): void {
    if (!waiting.isThere) return;
    waiting.isThere = false;
    const { start, end, key, spool, on, begun, ended } = waiting;
    const packets = this.#packets;
    packets.event(sequence, TYPES.begin, on, start, true, key, spool, begun, undefined, 0);
    if (end === Number.POSITIVE_INFINITY) return;
    packets.event(sequence, TYPES.end, on, end, next >= end, NO_KEY, 0, ended, undefined, 0);
  }

  #begin(
    operations: number,
    place: number,
    start: number,
    end: number,
    key: number,
    spool: number,
  ): void {
    const thread = this.#from.threadAt(spool);
    let lanes = this.#operations.get(operations);
    if (lanes === undefined) {
      lanes = new Lanes();
      this.#operations.set(operations, lanes);
    }
    const lane = lanes.begin(indexOf(place), start, end);
    if (lane > 0) this.overlapping++;
    if (lanes.end < end && end < Number.POSITIVE_INFINITY) this.#cut();
    const track = this.#operationTrack(operations, lane, key, thread);
    this.#ofOperation(thread, TYPES.begin, track, start, key, spool);
  }

  #end(operations: number, place: number, time: number, spool: number): void {
    const thread = this.#from.threadAt(spool);
    const lanes = this.#operations.get(operations) as Lanes;
    const lane = lanes.close(indexOf(place), time);
    const track = this.#packets.tracks.knownOperation({ id: operationId(operations, lane) });
    this.#ofOperation(thread, TYPES.end, track, time, NO_KEY, spool);
    if (lanes.isEmpty) this.#operations.delete(operations);
  }

  #operationTrack(operations: number, lane: number, key: number, thread: number): Uuid {
    const name = this.#from.strings.text(nameOf(key));
    const { pid } = this.#from.threads.all[thread];
    const id = operationId(operations, lane);
    return this.#packets.tracks.operation(pid, { id, name, outer: undefined });
  }

  #moment(
    thread: number,
    on: Uuid | undefined,
    time: number,
    key: number,
    spool: number,
    flows?: readonly FlowPoint[],
  ): void {
    this.#event(thread, TYPES.moment, on, time, key, spool, flows);
  }

  #ofOperation(
    thread: number,
    type: number,
    track: Uuid,
    time: number,
    key: number,
    spool: number,
  ): void {
    this.#event(thread, type, track, time, key, spool, undefined, undefined, THREAD_BYTES);
  }

  #event(
    thread: number,
    type: number,
    on: Uuid | undefined,
    time: number,
    key: number,
    spool: number,
    flows: readonly FlowPoint[] | undefined,
    value?: number,
    skipped = 0,
  ): void {
    const drawn = this.#thread(thread);
    this.#release(drawn, time);
    this.#packets.event(drawn.sequence, type, on, time, true, key, spool, flows, value, skipped);
  }

  #thread(thread: number): Drawn {
    let drawn = this.#threads[thread];
    if (drawn === undefined) {
      const sequence = this.#packets.sequenceOf(this.#from.threads.all[thread]);
      drawn = { sequence, lanes: new Lanes(), waiting: new Waiting() };
      this.#threads[thread] = drawn;
    }
    return drawn;
  }
}

function operationId(operations: number, lane: number): string {
  return lane === 0 ? `${operations}` : `${operations} ${lane}`;
}

/** A point of a flow, with what it is told by which slice it is of. */
type Binding = Readonly<
  Record<(typeof BINDINGS.sortedBy)[number] | (typeof BINDINGS.others)[number], number>
>;

function isOf({ start, order, place }: Binding, rows: Float64Array, at: number): boolean {
  return rows[at] === start && rows[at + 1] === order && rows[at + 2] === place;
}

function pointOf({ spool, kind, ends }: Binding): FlowPoint {
  const isAdded = kind === KIND.flowStart && ends > 0;
  return { spool, isLast: kind >= KIND.flowEnd, ends, isAdded };
}
