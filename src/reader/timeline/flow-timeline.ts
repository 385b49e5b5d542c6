import { flowId, joinFlowId, splitFlowId } from '../../trace-event/ids.js';
import { SpillSorter } from './spill-sorter.js';
import type { StringTable } from './string-table.js';
import type { TimedEvent } from './timed-event.js';

const PHASES = ['s', 't', 'f'];

/** A point of a flow. StringTable are numbers of the `StringTable` given. */
export interface FlowPoint {
  readonly id: bigint;
  readonly start: number;
  readonly index: number;
  readonly phase: 's' | 't' | 'f';
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

/** The flows of a trace: joined by (id, cat, name), in DevTools by the id alone. */
export class FlowTimeline {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter(8, 4);

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** False where the id is none that viewers read. */
  add({ ph, name, cat, start, index, offset, event }: TimedEvent): boolean {
    const phase = PHASES.indexOf(ph);
    if (phase < 0) return true;
    const id = flowId(event.id);
    if (id === undefined) return false;
    const [high, low] = splitFlowId(id);
    const names = this.#strings;
    this.#sorter.add(high, low, start, index, phase, names.number(name), names.number(cat), offset);
    return true;
  }

  /** Goes over all ids, each in the order of time. Can be done once. */
  replay(visitor: FlowVisitor): void {
    let flows: FlowsOfOneId | undefined;
    for (const [high, low, start, index, phase, name, category, offset] of this.#sorter.sorted()) {
      const id = joinFlowId(high, low);
      if (flows?.id !== id) {
        flows?.finish();
        flows = new FlowsOfOneId(id, visitor);
      }
      const letter = PHASES[phase] as FlowPoint['phase'];
      flows.take({ id, start, index, phase: letter, name, category, offset });
    }
    flows?.finish();
  }

  close(): void {
    this.#sorter.close();
  }
}

class FlowsOfOneId {
  readonly id: bigint;
  readonly #visitor: FlowVisitor;
  readonly #starts = new Map<string, FlowPoint>();
  /** Steps and ends for which there is no start yet. */
  readonly #early = new Map<string, FlowPoint[]>();
  #first: FlowPoint | undefined;
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
