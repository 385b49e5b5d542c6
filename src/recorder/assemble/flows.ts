import { idOf } from '../arena/records.js';
import type { Arguments, FileId, FlowPhase, Label, TraceFormat } from '../format/format.js';
import type { ChangedSpans } from './changed-spans.js';
import type { IdSource } from './ids.js';
import type { Restorer, Saver } from './save.js';
import { last } from './span-list.js';
import type { FlowNote, FlowState } from './state.js';
import type { HeldFlowPoint, OpenSpan, Stream } from './stream.js';

/** So many open flows are remembered. Beyond that, the oldest are forgotten. */
const MAX_OPEN = 16_384;
/** So many flow points wait for the span around them. Further ones get a slice of their own. */
const MAX_WAITING = 64;
/** A flow point and the slice made for it take so many nanoseconds of the thread's time. */
const ROOM_NS = 2;

interface Flow {
  /** The id by which the program knows it. */
  readonly key: string | number;
  readonly label: Label;
  /** Its id in the file. */
  readonly id: FileId;
  /** The time of its last point. */
  last: number;
  /** Whether the journal tells of it. */
  noted: boolean;
  /** Whether the journal has to be told of it, as it has started or has another last point. */
  isChanged: boolean;
}

/** Flows by the ids that the program knows them by. */
type OpenFlows = Map<string | number, Flow>;

/**
 * Sees to it that each flow point lies in a slice: viewers draw an arrow only between slices, or, where
 * the format has that, also from and to async operations.
 *
 * Whether the span around a point will be a slice is known when it ends, so the point waits for
 * that. Where there is none around it, a slice of 2 ns is made.
 */
export class FlowBinder {
  readonly #format: TraceFormat;
  readonly #changed: ChangedSpans;
  readonly #find: (id: number) => OpenSpan | undefined;

  /** `find` gives an open span by its id. */
  constructor(
    format: TraceFormat,
    changed: ChangedSpans,
    find: (id: number) => OpenSpan | undefined,
  ) {
    this.#format = format;
    this.#changed = changed;
    this.#find = find;
  }

  /** Takes a new point. True where it waits for the innermost open span around it. */
  bind(point: HeldFlowPoint): boolean {
    return this.#attach(point, this.#around(point.stream));
  }

  /** Hands the points of a span that will be no slice to the next span outside. */
  rebind(span: OpenSpan, outer: OpenSpan | undefined): void {
    const { flows } = span;
    if (flows === undefined || this.#format.flowsInOperations) return;
    span.flows = undefined;
    for (const point of flows) this.#attach(point, outer);
  }

  #attach(point: HeldFlowPoint, span: OpenSpan | undefined): boolean {
    if (span === undefined || (span.flows?.length ?? 0) >= MAX_WAITING) {
      this.#writeWithSlice(point);
      return false;
    }
    span.flows ??= [];
    span.flows.push(point);
    this.#changed.add(span);
    return true;
  }

  /** The innermost span of a thread, or the operation in which the thread is, if that began later. */
  #around({ spans, inside }: Stream): OpenSpan | undefined {
    const span = last(spans);
    if (inside === undefined || !this.#format.flowsInOperations) return span;
    const operation = this.#find(inside.call);
    if (operation === undefined || span === undefined) return span ?? operation;
    return operation.start > span.start ? operation : span;
  }

  #writeWithSlice(point: HeldFlowPoint): void {
    const { stream, label, time } = point;
    const start = time - 1;
    this.#format.complete(stream, label, start, ROOM_NS, undefined, undefined, [point]);
    stream.history.insert(start, start + ROOM_NS);
  }
}

interface FlowChange {
  readonly flows: OpenFlows;
  readonly flow: Flow;
}

/** Flows that have started, by the id that the program knows them by. */
export class Flows {
  readonly #binder: FlowBinder;
  readonly #ids: IdSource;
  /** By ids that the recorder has made, and by those that the program chose. */
  readonly #given: OpenFlows = new Map();
  readonly #named: OpenFlows = new Map();
  /** What the journal, if there is one, has to be told. */
  readonly #journaled: boolean;
  #changed: FlowChange[] = [];
  #ended: FlowChange[] = [];

  constructor(binder: FlowBinder, ids: IdSource, journaled: boolean) {
    this.#binder = binder;
    this.#ids = ids;
    this.#journaled = journaled;
  }

  /** What the journal has to be told since the last call; with `all`, of every flow that is open. */
  takeNote(saver: Saver, all: boolean): FlowNote | undefined {
    const started = all
      ? [this.#given, this.#named].flatMap((flows) =>
          Array.from(flows.values(), (flow) => ({ flows, flow })),
        )
      : this.#changed.filter(({ flows, flow }) => flows.get(flow.key) === flow);
    const ended = all ? [] : this.#ended;
    for (const { flow } of this.#changed) flow.isChanged = false;
    this.#changed = [];
    this.#ended = [];
    if (started.length === 0 && ended.length === 0) return undefined;
    return {
      kind: 'flows',
      started: started.map(({ flows, flow }) => {
        flow.noted = true;
        return [flow.key, flows === this.#named, saver.label(flow.label), flow.id, flow.last];
      }),
      ended: ended.map(({ flows, flow }) => [flow.key, flows === this.#named]),
    };
  }

  /** Takes over what another writer has noted as open. */
  restore([key, isNamed, label, id, last]: FlowState, restorer: Restorer): void {
    const flow = { key, label: restorer.label(label), id, last, noted: true, isChanged: false };
    this.#remember(isNamed ? this.#named : this.#given, flow);
  }

  /** Their starts are in the file no more: steps and ends find nothing. */
  clear(): void {
    this.#given.clear();
    this.#named.clear();
  }

  /** Starts a flow. One that is open under the same id is forgotten. */
  start(
    stream: Stream,
    label: Label,
    beginNumber: number,
    key: string | number | undefined,
    time: number,
    args: Arguments | undefined,
  ): HeldFlowPoint | undefined {
    const flows = key === undefined ? this.#given : this.#named;
    const id = this.#ids.next();
    const flow: Flow = {
      key: key ?? idOf(stream.id, beginNumber),
      label,
      id,
      last: 0,
      noted: false,
      isChanged: false,
    };
    this.#change(flows, flow);
    this.#remember(flows, flow);
    return this.#point('s', stream, flow, time, args);
  }

  /** A step or the end of a flow; false where no flow of that id is open. */
  next(
    phase: 't' | 'f',
    stream: Stream,
    id: string | number,
    time: number,
    args: Arguments | undefined,
  ): HeldFlowPoint | undefined | false {
    const flows = this.#named.has(id) ? this.#named : this.#given;
    const flow = flows.get(id);
    if (flow === undefined) return false;
    if (phase === 'f') this.#forget(flows, flow);
    else this.#change(flows, flow);
    return this.#point(phase, stream, flow, time, args);
  }

  /** A point of a flow that crosses processes: nothing is known here of its others. */
  cross(phase: FlowPhase, stream: Stream, label: Label, id: string, time: number): void {
    this.#point(phase, stream, { label, id, last: 0 }, time, undefined);
  }

  #remember(flows: OpenFlows, flow: Flow): void {
    const before = flows.get(flow.key);
    if (before !== undefined) this.#forget(flows, before);
    flows.set(flow.key, flow);
    if (flows.size <= MAX_OPEN + MAX_OPEN / 4) return;
    // Many at once: a Map takes the longer to find its first key, the more were deleted before it.
    for (const oldest of flows.values()) {
      if (flows.size <= MAX_OPEN) return;
      this.#forget(flows, oldest);
    }
  }

  #change(flows: OpenFlows, flow: Flow): void {
    if (flow.isChanged || !this.#journaled) return;
    flow.isChanged = true;
    this.#changed.push({ flows, flow });
  }

  #forget(flows: OpenFlows, flow: Flow): void {
    flows.delete(flow.key);
    if (flow.noted) this.#ended.push({ flows, flow });
  }

  /** Makes a point. Gives it back if it waits for the span around it. */
  #point(
    phase: FlowPhase,
    stream: Stream,
    flow: Pick<Flow, 'label' | 'id' | 'last'>,
    time: number,
    args: Arguments | undefined,
  ): HeldFlowPoint | undefined {
    const start = stream.tick(time);
    // For the slice that it may need.
    stream.reserve(ROOM_NS);
    const { label, id, last: after } = flow;
    const point = { phase, stream, label, id, time: start + 1, after, args };
    flow.last = point.time;
    return this.#binder.bind(point) ? point : undefined;
  }
}
