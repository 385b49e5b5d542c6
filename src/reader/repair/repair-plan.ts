import { isUint32, MAX_DEPTH } from '../../trace-event/numbers.js';
import type { CheckObserver } from '../check/check.js';
import type { RuleName } from '../check/rules.js';
import type { TrackProblem } from '../check/tracks.js';
import type { TraceEntry } from '../source/entries.js';
import type { AsyncOperation } from '../timeline/async-timeline.js';
import type { StringTable } from '../timeline/string-table.js';
import type { Slice } from '../timeline/thread-timeline.js';
import { microsecondsOf } from '../timeline/timed-event.js';
import type { RepairCode } from './repairs.js';

/** What is to be done with an event because of its place on its track. */
export type Treatment =
  | { readonly kind: 'drop'; readonly repair: RepairCode }
  /** A slice, or one end of it, becomes part of an async operation of its own. */
  | { readonly kind: 'async'; readonly operation: number }
  /** A begin becomes a complete event of so many nanoseconds. */
  | { readonly kind: 'complete'; readonly duration: number }
  /** An end takes the name and cat of its begin. */
  | { readonly kind: 'rename'; readonly name: string; readonly cat: string }
  | { readonly kind: 'own id'; readonly operation: number };

/** Events that are dropped because of a rule, and what the repair says of it. */
const DROPPED: Readonly<Partial<Record<TrackProblem['rule'], RepairCode>>> = {
  'end-without-begin': 'end-without-begin-dropped',
  'flow-outside-slice': 'flow-outside-slice-dropped',
  'flow-started-twice': 'flow-second-start-dropped',
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
  /** Microseconds to add to each time, so that none is negative. */
  shift = 0;
  /** Ids of async operations that processes share become the process's own. */
  localIds = false;
  /** DevTools would mix up begins and ends of several threads: all become complete events. */
  completeAll = false;
  /** All pids and tids in the trace: those that are made up must differ from them. */
  readonly numbers = new Set<number>();
  /** Ends of async operations that overlap others, by index. */
  readonly #overlapping = new Set<number>();
  /**
   * Whether events are on the tracks that will be dropped: what is wrong with the others there will
   * be seen in the next pass only.
   */
  #hidesTracks = false;
  #strings: StringTable | undefined;

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

  beforeTracks(counts: ReadonlyMap<RuleName, number>, strings: StringTable): void {
    this.#hidesTracks = counts.has('superseded');
    this.completeAll = counts.has('begin-end-interleaved') && !this.#hidesTracks;
    this.#strings = strings;
  }

  takeProblem({ rule, event, other }: TrackProblem): void {
    if (this.#hidesTracks) return;
    const repair = DROPPED[rule];
    if (repair !== undefined) this.#treat(event.index, { kind: 'drop', repair });
    else if (rule === 'slice-overlap') this.#makeAsync(event.index);
    else if (rule === 'zero-length-begin-end' && other !== undefined) {
      this.#treat(other.index, { kind: 'complete', duration: 0 });
      this.#treat(event.index, DROP_JOINED_END);
    } else if (rule === 'begin-end-mismatch' && other !== undefined) {
      const [name, cat] = [other.name, other.category].map((n) => this.#strings?.text(n) ?? '');
      this.#treat(event.index, { kind: 'rename', name, cat });
    } else if (rule === 'async-id-shared') this.localIds = true;
    else if (rule === 'async-overlap') this.#overlapping.add(event.index);
  }

  takeSlice({ event, endedBy, end, depth }: Slice): void {
    if (this.#hidesTracks) return;
    if (depth >= MAX_DEPTH) this.#makeAsync(event.index);
    const treatment = this.treatments.get(event.index);
    if (endedBy === undefined) return;
    if (treatment?.kind === 'async') this.treatments.set(endedBy.index, treatment);
    else if (this.completeAll && treatment === undefined) {
      this.#treat(event.index, { kind: 'complete', duration: end - event.start });
      this.treatments.set(endedBy.index, DROP_JOINED_END);
    }
  }

  takeOperation({ begin, endedBy }: AsyncOperation): void {
    if (this.#hidesTracks || endedBy === undefined || !this.#overlapping.has(endedBy.index)) return;
    const treatment: Treatment = { kind: 'own id', operation: begin.index };
    this.#treat(begin.index, treatment);
    this.#treat(endedBy.index, treatment);
  }

  #makeAsync(index: number): void {
    this.#treat(index, { kind: 'async', operation: index });
  }

  /** An event is treated for the first reason that there is. */
  #treat(index: number, treatment: Treatment): void {
    if (!this.treatments.has(index)) this.treatments.set(index, treatment);
  }
}
