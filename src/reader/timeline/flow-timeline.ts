import { joinFlowId, splitFlowId } from '../../trace-event/ids.js';
import { REQUEST_FLOW } from '../../trace-event/lineage.js';
import { FLOW } from '../../trace-event/perfetto.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import type { TimedEvent } from './timed-event.js';
import { type FlowPhase, phaseNumber, phaseOf } from './track-phases.js';

/**
 * A point of a flow. `name` and `category` are numbers of the string table that the timeline was
 * given.
 */
export interface FlowPoint {
  readonly id: bigint;
  readonly start: number;
  readonly index: number;
  readonly phase: FlowPhase;
  /** Whether it is a slice that has a `bind_id`, and no event of its own. */
  readonly bound: boolean;
  readonly name: number;
  readonly category: number;
  readonly offset: number;
}

export type FlowRule =
  | 'flow-started-twice'
  | 'flow-without-start'
  | 'flow-order'
  | 'flow-id-reused';

export interface FlowVisitor {
  /** Takes a point of a flow, in the order of time, with the last start of its flow before it. */
  point?(point: FlowPoint, start: FlowPoint): void;
  problem?(rule: FlowRule, event: FlowPoint, other: FlowPoint | undefined): void;
}

/**
 * The flows of a trace. Points of one (id, cat, name) are one flow; in DevTools, those of one id. Of
 * points that slices are bound to by their `bind_id`, those of one id are one flow.
 *
 * A flow that comes with a request from another process (REQUEST_FLOW) has its start in the trace of that
 * process. Where the start is missing here, that is no problem, and none is told.
 */
export class FlowTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    sortedBy: ['bound', 'idHigh', 'idLow', 'start', 'index'],
    others: ['phase', 'name', 'category', 'offset'],
  });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Takes an event. One that is no point of a flow, or of none that viewers read, is passed over. */
  add({ name, cat, start, index, offset, flow }: TimedEvent): void {
    if (flow?.phase === undefined || flow.id === undefined) return;
    const [idHigh, idLow] = splitFlowId(flow.id);
    this.#sorter.add({
      bound: flow.bound ? 1 : 0,
      idHigh,
      idLow,
      start,
      index,
      phase: phaseNumber(flow.phase),
      name: this.#strings.number(name),
      category: this.#strings.number(cat),
      offset,
    });
  }

  /**
   * Goes over all ids, each in the order of time. Can be called once.
   *
   * @param isPerfetto In files of Perfetto's format a point says only whether it ends its flow, but for
   *   those of old writers. Which one starts it is known when all are sorted: several threads have
   *   written them, each when it liked.
   */
  replay(visitor: FlowVisitor, isPerfetto: boolean): void {
    const crossing = this.#strings.number(REQUEST_FLOW);
    const untold = this.#strings.number(FLOW);
    let flows: FlowsOfOneId | undefined;
    for (const row of this.#sorter.sorted()) {
      const { idHigh, idLow, start, index, phase, name, category, offset } = row;
      const id = joinFlowId(idHigh, idLow);
      const bound = row.bound === 1;
      if (flows?.id !== id || flows.bound !== bound) {
        flows?.finish();
        flows = new FlowsOfOneId(id, bound, crossing, visitor);
      }
      const letter = phaseOf(phase) as FlowPhase;
      const point = { id, start, index, phase: letter, bound, name, category, offset };
      if (isPerfetto && name === untold && category === untold) flows.takeByTime(point);
      else flows.take(point);
    }
    flows?.finish();
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }
}

class FlowsOfOneId {
  readonly id: bigint;
  readonly bound: boolean;
  /** The name of flows that may have started elsewhere. */
  readonly #crossing: number;
  readonly #visitor: FlowVisitor;
  /** The last start of each flow. */
  readonly #starts = new Map<string, FlowPoint>();
  /** Steps and ends that came before a start. */
  readonly #early = new Map<string, FlowPoint[]>();
  #first: FlowPoint | undefined;
  /** Whether it was reported that several flows have the id. */
  #reused = false;

  constructor(id: bigint, bound: boolean, crossing: number, visitor: FlowVisitor) {
    this.id = id;
    this.bound = bound;
    this.#crossing = crossing;
    this.#visitor = visitor;
  }

  /**
   * A point that does not say whether it starts its flow: it does if that has not started, or has ended.
   * An end of what has not is none.
   */
  takeByTime(point: FlowPoint): void {
    const key = this.#keyOf(point);
    this.#checkReuse(point);
    const start = this.#starts.get(key);
    if (point.phase === 'f') {
      this.#starts.delete(key);
      if (start === undefined) this.#visitor.problem?.('flow-without-start', point, undefined);
      else this.#visitor.point?.(point, start);
    } else if (start === undefined) {
      const first: FlowPoint = { ...point, phase: 's' };
      this.#starts.set(key, first);
      this.#visitor.point?.(first, first);
    } else this.#visitor.point?.({ ...point, phase: 't' }, start);
  }

  take(point: FlowPoint): void {
    const key = this.#keyOf(point);
    this.#checkReuse(point);
    let start = this.#starts.get(key);
    if (point.phase === 's') {
      if (start !== undefined) this.#visitor.problem?.('flow-started-twice', point, start);
      start = point;
      this.#starts.set(key, point);
    }
    if (start !== undefined) this.#visitor.point?.(point, start);
    else {
      const early = this.#early.get(key);
      if (early === undefined) this.#early.set(key, [point]);
      else early.push(point);
    }
  }

  finish(): void {
    for (const [key, points] of this.#early) {
      const start = this.#starts.get(key);
      const rule = start === undefined ? 'flow-without-start' : 'flow-order';
      for (const point of points) {
        if (start === undefined && point.name === this.#crossing) continue;
        this.#visitor.problem?.(rule, point, start);
      }
    }
  }

  #keyOf({ category, name }: FlowPoint): string {
    return this.bound ? '' : `${category} ${name}`;
  }

  #checkReuse(point: FlowPoint): void {
    if (this.bound) return;
    this.#first ??= point;
    const { name, category } = this.#first;
    if (this.#reused || (point.name === name && point.category === category)) return;
    this.#reused = true;
    this.#visitor.problem?.('flow-id-reused', point, this.#first);
  }
}
