import { isUint32, MAX_DEPTH } from '../../trace-event/numbers.js';
import type { CheckObserver } from '../check/check.js';
import type { RuleName } from '../check/rules.js';
import type { TrackProblem } from '../check/tracks.js';
import type { TraceEntry } from '../source/entries.js';
import type { AsyncOperation } from '../timeline/async-timeline.js';
import type { StringTable } from '../timeline/string-table.js';
import type { Slice } from '../timeline/thread-timeline.js';
import { microsecondsOf } from '../timeline/timed-event.js';

/** What is to be done with an event because of its place on its track. */
export type Treatment =
  | { readonly kind: 'drop'; readonly why: string }
  /** A slice, or one end of it, becomes part of an async operation of its own. */
  | { readonly kind: 'async'; readonly operation: number }
  /** A begin becomes a complete event of so many nanoseconds. */
  | { readonly kind: 'complete'; readonly duration: number }
  /** An end takes the name and cat of its begin. */
  | { readonly kind: 'rename'; readonly name: string; readonly cat: string }
  | { readonly kind: 'own id'; readonly operation: number };

const DROPPED: Readonly<Partial<Record<TrackProblem['rule'], string>>> = {
  'end-without-begin': 'an end without a begin',
  'flow-outside-slice': 'a flow event outside every slice',
  'flow-started-twice': 'a second start of a flow',
  'flow-without-start': 'a flow event without a start',
  'flow-order': 'a flow event before its start',
  'async-end-without-begin': 'an async end without a begin',
};

/**
 * What has to change in a trace, found by going through it once. Grows with what is broken in it,
 * and not with the trace.
 */
export class RepairPlan implements CheckObserver {
  readonly treatments = new Map<number, Treatment>();
  /** Microseconds to add to each time, so that none is negative. */
  shift = 0;
  /** Ids of async operations that processes share become the process's own. */
  localIds = false;
  /** Begins and ends of several threads mix: all become complete events. */
  completeAll = false;
  /** Numbers that threads and processes have, so that new ones are others. */
  readonly numbers = new Set<number>();
  readonly #overlapping = new Set<number>();
  #strings: StringTable | undefined;

  takeEntry({ event }: TraceEntry): void {
    if (event === undefined) return;
    const { ts, pid, tid } = event;
    const time = microsecondsOf(ts);
    if (time !== undefined && time < -this.shift) this.shift = Math.ceil(-time);
    if (isUint32(pid)) this.numbers.add(pid);
    if (isUint32(tid)) this.numbers.add(tid);
  }

  beforeTracks(counts: ReadonlyMap<RuleName, number>, strings: StringTable): void {
    this.completeAll = counts.has('begin-end-interleaved');
    this.#strings = strings;
  }

  takeProblem({ rule, event, other }: TrackProblem): void {
    const why = DROPPED[rule];
    if (why !== undefined) this.#treat(event.index, { kind: 'drop', why });
    else if (rule === 'slice-overlap') this.#makeAsync(event.index);
    else if (rule === 'zero-length-begin-end' && other !== undefined) {
      this.#treat(other.index, { kind: 'complete', duration: 0 });
      this.#treat(event.index, { kind: 'drop', why: 'an end that is the end of a complete event' });
    } else if (rule === 'begin-end-mismatch' && other !== undefined) {
      const [name, cat] = [other.name, other.category].map((n) => this.#strings?.text(n) ?? '');
      this.#treat(event.index, { kind: 'rename', name, cat });
    } else if (rule === 'async-id-shared') this.localIds = true;
    else if (rule === 'async-overlap') this.#overlapping.add(event.index);
  }

  takeSlice({ event, endedBy, end, depth }: Slice): void {
    if (depth >= MAX_DEPTH) this.#makeAsync(event.index);
    const treatment = this.treatments.get(event.index);
    if (endedBy === undefined) return;
    if (treatment?.kind === 'async') this.treatments.set(endedBy.index, treatment);
    else if (this.completeAll && treatment === undefined) {
      this.#treat(event.index, { kind: 'complete', duration: end - event.start });
      const why = 'an end that is the end of a complete event';
      this.treatments.set(endedBy.index, { kind: 'drop', why });
    }
  }

  takeOperation({ begin, endedBy }: AsyncOperation): void {
    if (endedBy === undefined || !this.#overlapping.has(endedBy.index)) return;
    const treatment: Treatment = { kind: 'own id', operation: begin.index };
    this.#treat(begin.index, treatment);
    this.#treat(endedBy.index, treatment);
  }

  #makeAsync(index: number): void {
    this.#treat(index, { kind: 'async', operation: index });
  }

  /** The first reason decides. */
  #treat(index: number, treatment: Treatment): void {
    if (!this.treatments.has(index)) this.treatments.set(index, treatment);
  }
}
