import { type AsyncOperation, AsyncTimeline } from '../../reader/timeline/async-timeline.js';
import type { TimedEvent } from '../../reader/timeline/timed-event.js';
import { NONE } from '../model/model-data.js';
import { firstFrom } from '../model/search.js';
import { Flag } from '../wire/questions.js';
import type { EndPlaces } from './end-places.js';
import type { EventMarks } from './event-marks.js';
import { Growing } from './growing.js';
import { Instants } from './instants.js';
import type { Labels } from './labels.js';

/** Operations of all processes, and the instants in them, in columns. */
export class Operations {
  readonly starts = new Growing(Float64Array);
  readonly ends = new Growing(Float64Array);
  readonly labels = new Growing(Uint32Array);
  readonly offsets = new Growing(Float64Array);
  readonly flags = new Growing(Uint32Array);
  readonly events = new Growing(Uint32Array);
  /** Numbers of the string table. */
  readonly processes = new Growing(Uint32Array);
  /** What each lies in, or NONE. */
  readonly parents = new Growing(Uint32Array, NONE);

  get count(): number {
    return this.starts.count;
  }

  add(
    { start, offset, index }: { start: number; offset: number; index: number },
    end: number,
    process: number,
    label: number,
    flags: number,
  ): number {
    this.starts.push(start);
    this.ends.push(end);
    this.labels.push(label);
    this.offsets.push(offset);
    this.flags.push(flags);
    this.events.push(index);
    this.processes.push(process);
    return this.count - 1;
  }
}

/** The async operations of a trace: what they are and what they lie in, before they have lanes. */
export class OperationList {
  readonly #labels: Labels;
  readonly #marks: EventMarks;
  readonly #ends: EndPlaces;
  readonly #timeline: AsyncTimeline;
  #instants = new Instants();

  constructor(labels: Labels, marks: EventMarks, ends: EndPlaces) {
    this.#labels = labels;
    this.#marks = marks;
    this.#ends = ends;
    this.#timeline = new AsyncTimeline(labels.strings);
  }

  /** Takes an async event. */
  take(event: TimedEvent): void {
    this.#timeline.add(event);
    if (event.ph !== 'n') return;
    const { name, cat, pid } = event;
    const process = this.#labels.strings.number(String(pid));
    this.#instants.add(event, this.#labels.numberOf(name, cat), process);
  }

  /** There are no more. Those that are not ended end with the trace. */
  finish(traceEnd: number): Operations {
    const operations = new Operations();
    const { failed } = this.#marks;
    /** What waits for what it lies in, by the place of that in the file: inner ones come first. */
    const waiting = new Map<number, number[]>();
    const operation = ({ begin, endedBy, end, parent, instants }: AsyncOperation): void => {
      const isFailed =
        failed.has(begin.index) || (endedBy !== undefined && failed.has(endedBy.index));
      const isOpen = end === Number.POSITIVE_INFINITY;
      const flags = (isOpen ? Flag.UNFINISHED : 0) | (isFailed ? Flag.FAILED : 0);
      const label = this.#labelOf(begin);
      const place = operations.add(begin, isOpen ? traceEnd : end, begin.pid, label, flags);
      this.#ends.add(begin, endedBy);
      for (const child of waiting.get(begin.index) ?? []) operations.parents.set(child, place);
      waiting.delete(begin.index);
      if (parent !== undefined) {
        const others = waiting.get(parent.index);
        if (others === undefined) waiting.set(parent.index, [place]);
        else others.push(place);
      }
      for (const index of instants) this.#addInstant(operations, index, place);
    };
    this.#timeline.replay({ wantsInstants: true, operation });
    this.#instants = new Instants();
    this.#addLineage(operations);
    return operations;
  }

  close(): void {
    this.#timeline.close();
  }

  #labelOf(begin: AsyncOperation['begin']): number {
    const category = this.#marks.categories.get(begin.index);
    if (category === undefined) return this.#labels.number(begin);
    return this.#labels.number({ ...begin, category: this.#labels.strings.number(category) });
  }

  #addInstant(operations: Operations, index: number, parent: number): void {
    const { events, starts, labels, offsets, processes } = this.#instants;
    // They came in the order of the file.
    const i = firstFrom(events.values, index);
    if (events.get(i) !== index) return;
    const [start, offset] = [starts.get(i), offsets.get(i)];
    const instant = { start, offset, index };
    const flags = Flag.INSTANT;
    const place = operations.add(instant, start, processes.get(i), labels.get(i), flags);
    operations.parents.set(place, parent);
  }

  /** What lies in no operation of its track may have been begun in one of another track. */
  #addLineage({ events, parents, count }: Operations): void {
    const { own, parents: calls, roots } = this.#marks;
    const places = new Growing(Uint32Array, NONE);
    for (let place = 0; place < count; place++) {
      const call = own.get(events.get(place));
      if (call !== NONE) places.set(call, place);
    }
    for (let place = 0; place < count; place++) {
      if (parents.get(place) !== NONE) continue;
      const event = events.get(place);
      const call = calls.get(event) === NONE ? roots.get(event) : calls.get(event);
      const parent = call === NONE ? NONE : places.get(call);
      if (parent !== NONE && parent !== place) parents.set(place, parent);
    }
  }
}
