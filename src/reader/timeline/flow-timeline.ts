import { flowId, joinFlowId, splitFlowId } from '../../trace-event/ids.js';
import { isFlow } from '../../trace-event/phases.js';
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
  problem?(rule: FlowRule, event: FlowPoint, other: FlowPoint | undefined): void;
}

/**
 * The flows of a trace. Points of one (id, cat, name) are one flow; in DevTools, those of one id.
 */
export class FlowTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    sortedBy: ['idHigh', 'idLow', 'start', 'index'],
    others: ['phase', 'name', 'category', 'offset'],
  });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** False if the id is none that viewers read. */
  add({ ph, name, cat, start, index, offset, event }: TimedEvent): boolean {
    if (!isFlow(ph)) return true;
    const id = flowId(event.id);
    if (id === undefined) return false;
    const [idHigh, idLow] = splitFlowId(id);
    this.#sorter.add({
      idHigh,
      idLow,
      start,
      index,
      phase: phaseNumber(ph),
      name: this.#strings.number(name),
      category: this.#strings.number(cat),
      offset,
    });
    return true;
  }

  /** Goes over all ids, each in the order of time. Can be called once. */
  replay(visitor: FlowVisitor): void {
    let flows: FlowsOfOneId | undefined;
    for (const row of this.#sorter.sorted()) {
      const { idHigh, idLow, start, index, phase, name, category, offset } = row;
      const id = joinFlowId(idHigh, idLow);
      if (flows?.id !== id) {
        flows?.finish();
        flows = new FlowsOfOneId(id, visitor);
      }
      const letter = phaseOf(phase) as FlowPhase;
      flows.take({ id, start, index, phase: letter, name, category, offset });
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
  readonly #visitor: FlowVisitor;
  readonly #starts = new Map<string, FlowPoint>();
  /** Steps and ends that came before a start. */
  readonly #early = new Map<string, FlowPoint[]>();
  #first: FlowPoint | undefined;
  /** Whether it was reported that several flows have the id. */
  #reused = false;

  constructor(id: bigint, visitor: FlowVisitor) {
    this.id = id;
    this.#visitor = visitor;
  }

  take(point: FlowPoint): void {
    this.#first ??= point;
    const { name, category } = this.#first;
    if (!this.#reused && (point.name !== name || point.category !== category)) {
      this.#reused = true;
      this.#visitor.problem?.('flow-id-reused', point, this.#first);
    }
    const key = `${point.category} ${point.name}`;
    const start = this.#starts.get(key);
    if (point.phase === 's') {
      if (start !== undefined) this.#visitor.problem?.('flow-started-twice', point, start);
      else this.#starts.set(key, point);
    } else if (start === undefined) {
      const early = this.#early.get(key);
      if (early === undefined) this.#early.set(key, [point]);
      else early.push(point);
    }
  }

  finish(): void {
    for (const [key, points] of this.#early) {
      const start = this.#starts.get(key);
      const rule = start === undefined ? 'flow-without-start' : 'flow-order';
      for (const point of points) this.#visitor.problem?.(rule, point, start);
    }
  }
}
