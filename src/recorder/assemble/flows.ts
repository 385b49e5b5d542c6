import type { Arguments, FlowPhase, Label, TraceFormat } from '../format/format.js';
import type { IdSource } from './ids.js';
import type { Restorer, Saver } from './save.js';
import type { FlowsState } from './state.js';
import { type HeldFlowPoint, idOf, type OpenSpan, type Stream } from './stream.js';

/** So many open flows are remembered. Beyond that, the oldest are forgotten. */
const MAX_OPEN = 16_384;
/** So many flow points wait for the span around them. Further ones get a slice of their own. */
const MAX_WAITING = 64;
/** A flow point and the slice made for it take so many nanoseconds of the thread's time. */
const ROOM_NS = 2;

interface Flow {
  readonly label: Label;
  readonly id: string;
}

/**
 * Sees to it that each flow point lies in a slice: viewers draw an arrow only between slices.
 *
 * Whether the span around a point will be a slice is known when it ends, so the point waits for
 * that. Where there is none around it, a slice of 2 ns is made.
 */
export class FlowBinder {
  readonly #format: TraceFormat;

  constructor(format: TraceFormat) {
    this.#format = format;
  }

  /** Takes a new point. True where it waits for the innermost open span of its thread. */
  bind(point: HeldFlowPoint): boolean {
    const { spans } = point.stream;
    const around = spans[spans.length - 1];
    if (around === undefined || (around.flows?.length ?? 0) >= MAX_WAITING) {
      this.#writeWithSlice(point);
      return false;
    }
    around.flows ??= [];
    around.flows.push(point);
    return true;
  }

  /** Hands the points of a span that will be no slice to the next span outside. */
  rebind(span: OpenSpan, outer: OpenSpan | undefined): void {
    const { flows } = span;
    if (flows === undefined) return;
    span.flows = undefined;
    for (const point of flows) {
      if (outer === undefined || (outer.flows?.length ?? 0) >= MAX_WAITING) {
        this.#writeWithSlice(point);
      } else {
        outer.flows ??= [];
        outer.flows.push(point);
      }
    }
  }

  /** Writes the points of a span. Call it when the span itself has been written. */
  write(span: OpenSpan): void {
    if (span.flows === undefined) return;
    for (const point of span.flows) this.#write(point);
  }

  #writeWithSlice(point: HeldFlowPoint): void {
    const { stream, label, time } = point;
    this.#format.complete(stream, label, time - 1, ROOM_NS, undefined);
    stream.history.insert(time - 1, time - 1 + ROOM_NS);
    this.#write(point);
  }

  #write({ phase, stream, label, id, time, args }: HeldFlowPoint): void {
    this.#format.flow(phase, stream, label, id, time, args);
  }
}

/** Flows that have started, by the id that the program knows them by. */
export class Flows {
  readonly #binder: FlowBinder;
  readonly #ids: IdSource;
  readonly #given = new Map<number, Flow>();
  readonly #named = new Map<string | number, Flow>();

  constructor(binder: FlowBinder, ids: IdSource) {
    this.#binder = binder;
    this.#ids = ids;
  }

  /** How many are open. */
  get count(): number {
    return this.#given.size + this.#named.size;
  }

  save(saver: Saver): FlowsState {
    const rows = <K>(flows: ReadonlyMap<K, Flow>) =>
      Array.from(flows, ([key, { label, id }]) => [key, saver.label(label), id] as const);
    return { given: rows(this.#given), named: rows(this.#named) };
  }

  restore({ given, named }: FlowsState, restorer: Restorer): void {
    for (const [key, label, id] of given)
      this.#given.set(key, { label: restorer.label(label), id });
    for (const [key, label, id] of named)
      this.#named.set(key, { label: restorer.label(label), id });
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
    const flow = { label, id: this.#ids.next() };
    if (key !== undefined) remember(this.#named, key, flow);
    else remember(this.#given, idOf({ stream, beginNumber }), flow);
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
    const flows: Map<string | number, Flow> = this.#named.has(id)
      ? this.#named
      : (this.#given as Map<string | number, Flow>);
    const flow = flows.get(id);
    if (flow === undefined) return false;
    if (phase === 'f') flows.delete(id);
    return this.#point(phase, stream, flow, time, args);
  }

  /** Makes a point. Gives it back if it waits for the span around it. */
  #point(
    phase: FlowPhase,
    stream: Stream,
    flow: Flow,
    time: number,
    args: Arguments | undefined,
  ): HeldFlowPoint | undefined {
    const start = stream.tick(time);
    // For the slice that it may need.
    stream.reserve(ROOM_NS);
    const point = { phase, stream, label: flow.label, id: flow.id, time: start + 1, args };
    return this.#binder.bind(point) ? point : undefined;
  }
}

function remember<K>(flows: Map<K, Flow>, id: K, flow: Flow): void {
  flows.delete(id);
  flows.set(id, flow);
  if (flows.size <= MAX_OPEN + MAX_OPEN / 4) return;
  // Many at once: a Map takes the longer to find its first key, the more were deleted before it.
  for (const oldest of flows.keys()) {
    if (flows.size <= MAX_OPEN) return;
    flows.delete(oldest);
  }
}
