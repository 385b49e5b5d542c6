import { isUint32, MAX_DEPTH } from '../../trace-event/numbers.js';
import type { CheckObserver } from '../check/check.js';
import type { RuleName } from '../check/rules.js';
import type { TrackProblem } from '../check/tracks.js';
import type { TraceEntry } from '../source/entries.js';
import type { AsyncOperation } from '../timeline/async-timeline.js';
import type { FlowPoint } from '../timeline/flow-timeline.js';
import type { StringTable } from '../timeline/string-table.js';
import type { Slice } from '../timeline/thread-track.js';
import { microsecondsOf } from '../timeline/timed-event.js';
import type { RepairCode } from './repairs.js';

/** What is to be done with an event because of its place on its track. */
export type Treatment =
  | { readonly kind: 'drop'; readonly repair: RepairCode }
  /** A slice, or one end of it, becomes part of an async operation of its own. */
  | { readonly kind: 'async'; readonly operation: number; readonly repair: RepairCode }
  /** A begin becomes a complete event of so many nanoseconds. */
  | { readonly kind: 'complete'; readonly duration: number; readonly repair: RepairCode }
  | { readonly kind: 'own id'; readonly operation: number }
  /** An end of an operation gets the name of what it ends. */
  | { readonly kind: 'named'; readonly name: string }
  /** A point of a flow, or a slice bound to it, becomes one of a flow of its own. */
  | { readonly kind: 'own flow'; readonly flow: number }
  /** A slice is bound to no flow any more. */
  | { readonly kind: 'unbind' };
/** Events that are dropped because of a rule, and what the repair says of it. */
const DROPPED: Readonly<Partial<Record<TrackProblem['rule'], RepairCode>>> = {
  'end-without-begin': 'end-without-begin-dropped',
  'flow-outside-slice': 'flow-outside-slice-dropped',
  'flow-without-start': 'flow-without-start-dropped',
  'flow-order': 'flow-before-start-dropped',
  'async-end-without-begin': 'async-end-without-begin-dropped',
};

const DROP_JOINED_END: Treatment = { kind: 'drop', repair: 'joined-end-dropped' };

/**
 * What has to change in a trace, found by a check of it. Its size grows with what is broken, and not
 * with the trace.
 */
export class RepairPlan implements CheckObserver {
  readonly treatments = new Map<number, Treatment>();
  /** Points of flows that are written behind another event: its index by theirs. */
  readonly moved = new Map<number, number>();
  /** Ends of flows that are bound to the slice around them, by index. */
  readonly enclosed = new Set<number>();
  /** Microseconds to add to each time, so that none is negative. */
  shift = 0;
  /** DevTools would mix up begins and ends of several threads: all become complete events. */
  completeAll = false;
  /** All pids and tids in the trace: those that are made up must differ from them. */
  readonly numbers = new Set<number>();
  /** Starts of flows whose id another flow has had before, by index. */
  readonly #restarts = new Set<number>();
  /** Ends of async operations that overlap others, by index. */
  readonly #overlapping = new Set<number>();
  /** Begins, by index, before which something of their moment would come that lies in them. */
  readonly #around = new Set<number>();
  /**
   * Whether events are on the tracks that will be dropped: what is wrong with the others there will
   * be seen in the next pass only.
   */
  #hidesTracks = false;

  takeEntry({ event }: TraceEntry): void {
    if (event === undefined) return;
    const { ts, pid, tid } = event;
    const time = microsecondsOf(ts);
    if (time !== undefined && time < -this.shift) this.shift = Math.ceil(-time);
    if (isUint32(pid)) this.numbers.add(pid);
    if (isUint32(tid)) this.numbers.add(tid);
  }

  takeSuperseded({ index }: { readonly index: number }): void {
    this.#treat(index, { kind: 'drop', repair: 'superseded-dropped' });
  }

  beforeTracks(counts: ReadonlyMap<RuleName, number>): void {
    this.#hidesTracks = counts.has('superseded');
    this.completeAll = counts.has('begin-end-interleaved') && !this.#hidesTracks;
  }

  takeProblem({ rule, event, other }: TrackProblem): void {
    if (this.#hidesTracks) return;
    const { index } = event;
    const repair = DROPPED[rule];
    if (rule === 'flow-outside-slice' && other !== undefined) {
      this.moved.set(index, other.index);
    } else if (rule === 'flow-binding-point') {
      this.enclosed.add(index);
    } else if (repair !== undefined) {
      const isSlice = 'bound' in event && event.bound;
      this.#treat(index, isSlice ? { kind: 'unbind' } : { kind: 'drop', repair });
    } else if (rule === 'zero-length-begin-end' && other !== undefined) {
      this.#complete(other.index, 0, 'begin-end-joined');
      this.#treat(index, DROP_JOINED_END);
    } else if (rule === 'slice-overlap' && event.phase === 'X') this.#makeAsync(index);
    else if (rule === 'flow-started-twice') this.#restarts.add(index);
    else if (rule === 'async-overlap') this.#overlapping.add(index);
  }

  takeSlice(slice: Slice): void {
    if (this.#hidesTracks) return;
    const { event, parent } = slice;
    const isAround = this.#around.delete(event.index);
    this.#treatSlice(slice, isAround);
    if (parent?.phase !== 'B' || parent.start !== event.start) return;
    // Of one moment, complete events come first, and begins as in the file.
    const isComplete = event.phase === 'X' || this.treatments.get(event.index)?.kind === 'complete';
    const isBefore = event.index < parent.index;
    if (isAround || isComplete || isBefore) this.#around.add(parent.index);
  }

  /** @param isAround Whether as a begin it would come behind something that lies in it. */
  #treatSlice({ event, endedBy, endedWith, end, depth }: Slice, isAround: boolean): void {
    const { index } = event;
    const duration = end - event.start;
    // Where such a begin also lies too deep, the next pass sees to that: now it would lose its end.
    if (endedWith !== undefined && event.phase === 'B') {
      this.#complete(index, duration, 'begin-ended-with-outer');
      // It would end what is around it, if that has the same name.
      if (endedBy !== undefined) this.#treat(endedBy.index, DROP_JOINED_END);
    } else if (depth >= MAX_DEPTH) this.#makeAsync(index);
    else if (isAround && end === Number.POSITIVE_INFINITY) {
      this.#treat(index, { kind: 'async', operation: index, repair: 'open-begin-made-async' });
    }
    const treatment = this.treatments.get(index);
    if (endedBy === undefined) return;
    if (treatment?.kind === 'async') this.treatments.set(endedBy.index, treatment);
    // An end that left out the category of its begin is given one, and would be none of its begin's.
    else if (treatment === undefined) {
      if (!this.completeAll && !isAround && endedBy.category === event.category) return;
      this.#complete(index, duration, 'begin-end-joined');
      this.treatments.set(endedBy.index, DROP_JOINED_END);
    }
  }

  takeFlowPoint({ index }: FlowPoint, start: FlowPoint): void {
    if (this.#hidesTracks || !this.#restarts.has(start.index)) return;
    this.#treat(index, { kind: 'own flow', flow: start.index });
  }

  takeOperation({ begin, endedBy }: AsyncOperation, strings: StringTable): void {
    if (this.#hidesTracks || endedBy === undefined) return;
    if (endedBy.name !== begin.name) {
      this.#treat(endedBy.index, { kind: 'named', name: strings.text(begin.name) });
    }
    if (!this.#overlapping.has(endedBy.index)) return;
    const treatment: Treatment = { kind: 'own id', operation: begin.index };
    this.#treat(begin.index, treatment);
    this.#treat(endedBy.index, treatment);
  }

  #complete(index: number, duration: number, repair: RepairCode): void {
    this.#treat(index, { kind: 'complete', duration, repair });
  }

  #makeAsync(index: number): void {
    this.#treat(index, { kind: 'async', operation: index, repair: 'slice-made-async' });
  }

  /** An event is treated for the first reason that there is. */
  #treat(index: number, treatment: Treatment): void {
    if (!this.treatments.has(index)) this.treatments.set(index, treatment);
  }
}
