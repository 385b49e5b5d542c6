import { isObject, type TraceEntry } from '../../reader/source/entries.js';
import { type EventBatch, FIELD } from '../../reader/source/event-batch.js';
import { isTraceStart } from '../../reader/source/trace-start.js';
import type { Unread } from '../../reader/source/unread.js';
import { isPlainSlice, PlainEvents } from '../../reader/timeline/plain-events.js';
import { StringTable } from '../../reader/timeline/string-table.js';
import { ThreadTimeline } from '../../reader/timeline/thread-timeline.js';
import { type TimedEvent, TimeScale } from '../../reader/timeline/timed-event.js';
import { isAsync, isFlow, isInstant, isSlice } from '../../trace-event/phases.js';
import { EVENTS_DROPPED } from '../../trace-event/thread-tracks.js';
import { readTraceStart } from '../../trace-event/trace-start.js';
import { type ModelData, NONE, type SliceData } from '../model/model-data.js';
import { firstFrom } from '../model/search.js';
import { Flag, type Gap } from '../wire/questions.js';
import { CounterColumns, counterData } from './counter-columns.js';
import { EndPlaces } from './end-places.js';
import { EventMarks } from './event-marks.js';
import { FlowArrows } from './flow-arrows.js';
import { Growing } from './growing.js';
import { Instants } from './instants.js';
import { Labels } from './labels.js';
import { lineageOf } from './lineage.js';
import { lossNotes } from './loss-notes.js';
import { layOut } from './operation-lanes.js';
import { OperationList } from './operation-list.js';
import { SliceTable } from './slice-table.js';
import { MAX_LANES, type ThreadLanes, ThreadSlices } from './thread-slices.js';
import { type NewTrack, TrackTable } from './track-table.js';

const E = 'E'.charCodeAt(0);

/** What is known of the file once it was read. */
export interface FileFacts {
  readonly name: string;
  readonly events: number;
  readonly truncated: boolean;
  /** How many events are damaged, and left out. */
  readonly damaged: number;
  readonly unread: Unread;
  readonly isPerfetto: boolean;
}

/** A thread says that events of it are missing. */
interface Dropped {
  readonly thread: number;
  readonly time: number;
  readonly count: number;
}

/** Takes the events of a trace, and makes a model's columns of them. */
export class Collector {
  readonly ends = new EndPlaces();
  readonly #strings = new StringTable();
  readonly #labels = new Labels(this.#strings);
  readonly #scale = new TimeScale();
  readonly #threads = new ThreadTimeline(this.#strings);
  readonly #plain = new PlainEvents(this.#strings, this.#scale, this.#threads);
  readonly #flows = new FlowArrows(this.#strings, this.#threads);
  readonly #counters = new CounterColumns();
  readonly #marks = new EventMarks();
  readonly #operations = new OperationList(this.#labels, this.#marks, this.ends);
  readonly #trackTable = new TrackTable();
  /** Instants of processes, by these, and of the whole trace, by none. */
  readonly #moments = new Map<number | undefined, Instants>();
  /** For each call that is an operation: the thread on which it began. */
  readonly #callThreads = new Growing(Uint32Array, NONE);
  readonly #dropped: Dropped[] = [];
  #traceStart: Readonly<Record<string, unknown>> | undefined;
  #start = Number.POSITIVE_INFINITY;
  #end = Number.NEGATIVE_INFINITY;
  /** No more slices than that. */
  #capacity = 0;

  takeBatch(batch: EventBatch): void {
    this.#marks.takeBatch(batch);
    const plain = this.#plain;
    for (let row = 0; row < batch.count; row++) {
      if (!isPlainSlice(batch, row)) this.#take(entryOf(plain, batch, row));
      else if ((batch.fields[row] & FIELD.bind_id) !== 0) this.#take(plain.entry(batch, row));
      else {
        plain.addSlice(batch, row);
        if (batch.ph[row] === E && (batch.fields[row] & FIELD.args) !== 0) {
          this.ends.see(batch.index + row);
        }
        this.#capacity++;
        if (plain.start < this.#start) this.#start = plain.start;
        if (plain.end > this.#end) this.#end = plain.end;
      }
    }
  }

  take(entry: TraceEntry): void {
    this.#marks.take(entry);
    this.#take(entry);
  }

  #take(entry: TraceEntry): void {
    const { event } = entry;
    if (event?.ph === 'M') {
      this.#trackTable.take(event);
      if (isTraceStart(event) && isObject(event.args)) this.#traceStart ??= event.args;
    }
    const timed = this.#scale.place(entry);
    if (timed === undefined) return;
    this.#start = Math.min(this.#start, timed.start);
    this.#end = Math.max(this.#end, timed.end);
    const { ph } = timed;
    if (timed.flow !== undefined) this.#flows.take(timed);
    if (ph === 'C') this.#counters.take(timed);
    else if (isAsync(ph)) this.#takeAsync(timed);
    else if (isFlow(ph)) return;
    else if (isSlice(ph)) this.#onThread(timed);
    else if (isInstant(ph) || ph === 'R') this.#takeInstant(timed);
  }

  #onThread(timed: TimedEvent): void {
    if (timed.ph === 'E' && timed.event.args !== undefined) this.ends.see(timed.index);
    this.#threads.add(timed);
    this.#capacity++;
  }

  #takeAsync(timed: TimedEvent): void {
    if (timed.async === undefined) return;
    this.#operations.take(timed);
    if (timed.ph === 'e' && timed.event.args !== undefined) this.ends.see(timed.index);
    const call = this.#marks.own.get(timed.index);
    if (call !== NONE) this.#callThreads.set(call, this.#threads.thread(timed.pid, timed.tid));
    if (timed.ph !== 'e') this.#capacity++;
  }

  #takeInstant(timed: TimedEvent): void {
    const { name, cat, pid, tid, start, event } = timed;
    const count = isObject(event.args) ? event.args['count'] : undefined;
    if (name === EVENTS_DROPPED && typeof count === 'number') {
      this.#dropped.push({ thread: this.#threads.thread(pid, tid), time: start, count });
    }
    if (timed.onThread) {
      this.#onThread(timed);
      return;
    }
    const process = this.#strings.number(String(pid));
    this.#momentsOf(event.s === 'g' ? undefined : process).add(
      timed,
      this.#labels.numberOf(name, cat),
      process,
    );
    this.#capacity++;
  }

  #momentsOf(process: number | undefined): Instants {
    const known = this.#moments.get(process);
    if (known !== undefined) return known;
    const moments = new Instants();
    this.#moments.set(process, moments);
    return moments;
  }

  /** All was read. */
  finish({ name, events, truncated, damaged, unread, isPerfetto }: FileFacts): ModelData {
    const isEmpty = this.#start > this.#end;
    const [start, end] = isEmpty ? [0, 0] : [this.#start, this.#end];
    const table = new SliceTable(this.#capacity, this.#marks.hasLineage);
    const threads = new ThreadSlices(table, this.#labels, this.#marks.failed, this.ends, end);
    this.#threads.replay(threads, name);
    threads.finish();
    const added: NewTrack[] = threads.threads.map(({ thread, firstLane, lanes }) => {
      const [pid, tid] = this.#threads.threadIds(thread);
      return { kind: this.#trackTable.kindOf(pid, tid), pid, tid, firstLane, lanes, counter: -1 };
    });
    for (const { process, firstLane, lanes } of layOut(this.#operations.finish(end), table)) {
      const pid = this.#strings.text(process);
      added.push({ kind: 'operations', pid, firstLane, lanes, counter: -1 });
    }
    this.#addMoments(table, added);
    const counters = Array.from(this.#counters.all(), (counter, place) => {
      const track = added.length;
      const { pid, name } = counter;
      added.push({ kind: 'counter', pid, name, firstLane: 0, lanes: 0, counter: place });
      return counterData(counter, track);
    });
    const slices = table.finish();
    const tracksOfThreads = new Map(threads.threads.map(({ thread }, track) => [thread, track]));
    const lineage =
      table.events === undefined
        ? undefined
        : lineageOf(
            this.#marks,
            table.events.subarray(0, slices.count),
            (call) => tracksOfThreads.get(this.#callThreads.get(call)) ?? NONE,
          );
    const arrows = this.#flows.arrows(slices, threads.threads, isPerfetto);
    const { tracks, order } = this.#trackTable.tracks(added);
    const notes = lossNotes({ truncated, damaged, unplaced: this.#scale.unplaced, unread });
    if (threads.tooDeep > 0) {
      const count = threads.tooDeep.toLocaleString('en');
      notes.push(`${count} slices lie in more than ${MAX_LANES} others, and are left out.`);
    }
    const gaps = this.#gaps(slices, threads.threads);
    const times = counters.map((counter) => counter.times);
    moveTimes(start, [slices.starts, slices.ends, arrows.starts, arrows.ends, ...times]);
    return {
      ...{ name, events, start: 0, end: end - start, notes, tracks, order },
      zero: [this.#scale.origin, start],
      wallClock: this.#wallClock(start),
      gaps: gaps.map((gap) => ({ ...gap, start: gap.start - start, end: gap.end - start })),
      texts: Array.from({ length: this.#strings.size }, (_, text) => this.#strings.text(text)),
      labelNames: this.#labels.names.values,
      labelCategories: this.#labels.categories.values,
      ...{ slices, lineage, counters, arrows },
    };
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    this.#threads.close();
    this.#operations.close();
    this.#flows.close();
  }

  #addMoments(table: SliceTable, added: NewTrack[]): void {
    for (const [process, { events, starts, labels, offsets, count }] of this.#moments) {
      const [first, firstLane] = [table.count, table.lanes];
      for (let i = 0; i < count; i++) {
        const [start, event] = [starts.get(i), events.get(i)];
        const flags = Flag.INSTANT | (this.#marks.failed.has(event) ? Flag.FAILED : 0);
        table.add(start, start, labels.get(i), offsets.get(i), flags, event);
      }
      table.sortTrack(first, () => 0, 1);
      const isOfAll = process === undefined;
      const pid = isOfAll ? undefined : this.#strings.text(process);
      const name = isOfAll ? 'instants of all processes' : undefined;
      added.push({ kind: 'instants', pid, name, firstLane, lanes: 1, counter: -1 });
    }
  }

  /** Milliseconds since 1970 of a time. */
  #wallClock(time: number): number | undefined {
    if (this.#traceStart === undefined || this.#start > this.#end) return undefined;
    const { clock, wallMicroseconds } = readTraceStart(this.#traceStart);
    const sinceZero = (time - this.#scale.nanoseconds(0)) / 1e6;
    if (clock === 'epoch') return sinceZero;
    return wallMicroseconds === undefined ? undefined : wallMicroseconds / 1000 + sinceZero;
  }

  /** Where events were dropped: since the last one of the thread before it says so. */
  #gaps(slices: SliceData, threads: readonly ThreadLanes[]): Gap[] {
    return this.#dropped.map(({ thread, time, count }) => {
      const own = threads.find((lanes) => lanes.thread === thread);
      const start = own === undefined ? time : lastBefore(slices, own, time);
      const events = count === 1 ? 'event was' : 'events were';
      return { start, end: time, text: `${count.toLocaleString('en')} ${events} dropped` };
    });
  }
}

/** When the last slice of a thread before a time has begun or ended. */
function lastBefore(
  { starts, ends, laneFirst }: SliceData,
  lanes: ThreadLanes,
  time: number,
): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let lane = lanes.firstLane; lane < lanes.firstLane + lanes.lanes; lane++) {
    const slice = firstFrom(starts, time, laneFirst[lane], laneFirst[lane + 1]) - 1;
    if (slice < laneFirst[lane]) continue;
    last = Math.max(last, ends[slice] < time ? ends[slice] : starts[slice]);
  }
  return Number.isFinite(last) ? last : time;
}

/** Times count from the first event: also where that is not the first one of the file. */
function moveTimes(start: number, columns: readonly Float64Array[]): void {
  if (start === 0) return;
  for (const column of columns) for (let i = 0; i < column.length; i++) column[i] -= start;
}

/** Of what says something by its arguments, all of it. */
function entryOf(plain: PlainEvents, batch: EventBatch, row: number): TraceEntry {
  const entry = plain.entry(batch, row);
  const event = entry.event as { readonly name?: unknown } | undefined;
  if (event?.name !== EVENTS_DROPPED || entry.text !== '') return entry;
  const text = batch.text(row);
  return { ...entry, text, event: JSON.parse(text) };
}
