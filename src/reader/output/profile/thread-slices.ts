import { NS_PER_US } from '../../../trace-event/numbers.js';
import { isInstant, isPhase, isSlice } from '../../../trace-event/phases.js';
import { isObject, type RawEvent, type TraceEntry } from '../../source/entries.js';
import { type EventBatch, FIELD } from '../../source/event-batch.js';
import { isTraceStart } from '../../source/trace-start.js';
import { BEYOND_COLUMNS, isPlainSlice } from '../../timeline/plain-events.js';
import { SpillSorter } from '../../timeline/spill-sorter.js';
import { StringTable } from '../../timeline/string-table.js';
import { ThreadTimeline } from '../../timeline/thread-timeline.js';
import { type TimedEvent, TimeScale, threadOf } from '../../timeline/timed-event.js';
import { LeftOut } from '../left-out.js';
import { type Frame, Frames } from './frames.js';

const [X] = Buffer.from('X');
/** With these an event says more than a profile has a place for. */
const BEYOND = BEYOND_COLUMNS | FIELD.tts | FIELD.tdur;
/** Fields of which something is made, or whose loss is told in other words. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['ph', 'name', 'cat', 'ts', 'dur', 'pid', 'tid', 'args', 's', 'provisional'],
  ...['bind_id', 'flow_in', 'flow_out'],
]);
/** The category of slices that are samples of the CPU: they say where their functions stand. */
const SAMPLES = 'cpu';
const COLUMNS = { sortedBy: ['thread', 'start', 'minusEnd', 'index'], others: ['frame'] } as const;
const WIDTH = COLUMNS.sortedBy.length + COLUMNS.others.length;

/** What goes over the slices of a thread, in the order of time. */
export interface SliceVisitor {
  /** Slices of another thread come. Gives whether they are wanted. */
  thread(thread: ThreadInfo): boolean;
  /** Nanoseconds. */
  open(frame: Frame, time: number): void;
  close(frame: Frame, time: number): void;
  /** There are no more slices of the thread. */
  end(): void;
}

export interface ThreadInfo {
  readonly pid: number | string;
  readonly tid: number | string;
  /** What the trace calls it. */
  name: string;
  /** When its first slice begins and its last one ends. */
  first: number;
  last: number;
  slices: number;
}

/** Gathers the slices of threads, for formats that know nothing else. */
export class ThreadSlices {
  readonly #strings = new StringTable();
  readonly #scale = new TimeScale();
  readonly #pairs = new ThreadTimeline(this.#strings);
  readonly #rows = new SpillSorter(COLUMNS);
  readonly #frames = new Frames();
  readonly #byName: (Frame | undefined)[] = [];
  readonly leftOut = new LeftOut();
  readonly #known = new Map<number, ThreadInfo>();
  /** By the numbers of threads. */
  readonly #names = new Map<number, string>();
  #hasPairs = false;
  events = 0;
  overlapping = 0;

  /** Microseconds from which times count. */
  get origin(): number {
    return this.#scale.origin;
  }

  takeBatch(batch: EventBatch): void {
    const { count, fields, ph, ts, dur, pid, tid, name, category, index } = batch;
    const { argsStart, argsEnd } = batch;
    const { texts } = batch.strings;
    for (let row = 0; row < count; row++) {
      const known = fields[row];
      const isPlain =
        ph[row] === X &&
        isPlainSlice(batch, row) &&
        (known & (BEYOND | FIELD.name)) === FIELD.name &&
        ((known & FIELD.args) === 0 || argsEnd[row] > 0);
      const isSample = (known & FIELD.cat) !== 0 && texts[category[row]] === SAMPLES;
      if (!isPlain || isSample) {
        this.takeEvent(JSON.parse(batch.text(row)), index + row);
        continue;
      }
      this.events++;
      if ((known & FIELD.args) !== 0 && argsEnd[row] - argsStart[row] > 2) {
        this.leftOut.add('arguments');
      }
      const start = this.#scale.nanoseconds(ts[row]);
      const end = start + Math.round(dur[row] * NS_PER_US);
      const thread = this.#pairs.thread(pid[row], tid[row]);
      this.#add(thread, start, end, index + row, this.#frames.of(texts[name[row]], undefined));
    }
  }

  takeEntry({ event, index }: TraceEntry): void {
    if (event !== undefined) this.takeEvent(event, index);
    else this.leftOut.addNoEvent();
  }

  takeEvent(event: RawEvent, index: number): void {
    this.events++;
    if (event.ph === 'M') {
      const { name, args } = event;
      if (name === 'thread_name' && isObject(args)) {
        const { pid, tid } = threadOf(event);
        this.#names.set(this.#pairs.thread(pid, tid), String(args['name']));
      } else if (!isTraceStart(event)) this.leftOut.add('metadata but names of threads');
      return;
    }
    const timed = this.#scale.place({ index, offset: 0, event });
    if (timed === undefined) this.leftOut.add('events without a phase or a time that can be read');
    else this.#take(timed);
  }

  #take(timed: TimedEvent): void {
    const { ph, name, cat, start, end, pid, tid, event, index } = timed;
    const { args } = event;
    const place = ph === 'X' && cat === SAMPLES && isObject(args) ? args : undefined;
    if (isSlice(ph)) {
      const hasArguments = isObject(args) ? Object.keys(args).length > 0 : args !== undefined;
      if (place === undefined && hasArguments) this.leftOut.add('arguments');
      if (timed.flow !== undefined) this.leftOut.add('points of flows');
      this.leftOut.addFieldsOf(event, FIELDS);
    }
    if (ph === 'X') {
      this.#add(this.#pairs.thread(pid, tid), start, end, index, this.#frames.of(name, place));
    } else if (ph === 'B' || ph === 'E') {
      this.#hasPairs = true;
      this.#pairs.add(timed);
    } else if (timed.async !== undefined) this.leftOut.add('events of async operations');
    else if (timed.flow !== undefined) this.leftOut.add('points of flows');
    else if (ph === 'C') this.leftOut.add('values of counters');
    else if (isInstant(ph) || ph === 'R') this.leftOut.add('instants');
    else this.leftOut.add(isPhase(ph) ? `events '${ph}'` : 'events of unknown phases');
  }

  /** Threads that have slices. All is known of them once `finish()` was called. */
  get threads(): readonly ThreadInfo[] {
    return [...this.#known.values()];
  }

  /** Puts begins and ends together, step by step. There are no more events then. */
  *finish(members: ReadonlyMap<string, unknown>, file: string): Generator<void, void, undefined> {
    this.leftOut.addMembers(members.keys());
    if (this.#hasPairs) yield* this.#takePairs(file);
    for (const [thread, info] of this.#known) {
      info.name = this.#names.get(thread) ?? '';
    }
  }

  /** Goes over the slices of all threads, step by step. Can be called once. */
  *visit(visitor: SliceVisitor): Generator<void, void, undefined> {
    const walk = new Walk(visitor, this.#frames, () => this.overlapping++);
    for (const rows of this.#rows.blocks()) {
      for (let at = 0; at < rows.length; at += WIDTH) {
        walk.take(
          this.#known.get(rows[at]) as ThreadInfo,
          rows[at + 1],
          -rows[at + 2],
          rows[at + 4],
        );
      }
      yield;
    }
    walk.finish();
  }

  close(): void {
    this.#rows.close();
    this.#pairs.close();
  }

  #takePairs(file: string): Generator<void, void, undefined> {
    const pairs = this.#pairs;
    return pairs.replaySteps(
      {
        slice: ({ event: { thread, start, index, name }, end }) => {
          this.#byName[name] ??= this.#frames.of(this.#strings.text(name), undefined);
          this.#add(thread, start, end, index, this.#byName[name]);
        },
        problem: (rule) => {
          if (rule === 'end-without-begin') this.leftOut.add("ends 'E' of nothing that has begun");
        },
      },
      file,
    );
  }

  #add(thread: number, start: number, end: number, index: number, { number }: Frame): void {
    let info = this.#known.get(thread);
    if (info === undefined) {
      const [pid, tid] = this.#pairs.threadIds(thread);
      info = { pid, tid, name: '', first: start, last: start, slices: 0 };
      this.#known.set(thread, info);
    }
    const isOver = end < Number.MAX_VALUE;
    info.slices++;
    info.first = Math.min(info.first, start);
    info.last = Math.max(info.last, isOver ? end : start);
    const minusEnd = isOver ? -end : -Number.MAX_VALUE;
    this.#rows.add({ thread, start, minusEnd, index, frame: number });
  }
}

/** Opens and closes slices in the order of time. What was never ended is open to the end of its thread. */
class Walk {
  readonly #visitor: SliceVisitor;
  readonly #frames: Frames;
  readonly #onOverlap: () => void;
  readonly #ends: number[] = [];
  readonly #open: Frame[] = [];
  #thread: ThreadInfo | undefined;
  #isWanted = false;

  constructor(visitor: SliceVisitor, frames: Frames, onOverlap: () => void) {
    this.#visitor = visitor;
    this.#frames = frames;
    this.#onOverlap = onOverlap;
  }

  take(thread: ThreadInfo, start: number, end: number, frame: number): void {
    if (thread !== this.#thread) {
      this.finish();
      this.#thread = thread;
      this.#isWanted = this.#visitor.thread(thread);
    }
    if (!this.#isWanted) return;
    this.#closeUntil(start);
    const around = this.#ends.at(-1) ?? thread.last;
    // A stack has no place for what outlives what is around it.
    if (end > around && end < Number.MAX_VALUE) this.#onOverlap();
    this.#ends.push(Math.min(end, around));
    const opened = this.#frames.at(frame);
    this.#open.push(opened);
    this.#visitor.open(opened, start);
  }

  finish(): void {
    if (this.#thread === undefined || !this.#isWanted) return;
    this.#closeUntil(Number.POSITIVE_INFINITY);
    this.#visitor.end();
  }

  #closeUntil(time: number): void {
    while (this.#ends.length > 0 && (this.#ends.at(-1) as number) <= time) {
      this.#visitor.close(this.#open.pop() as Frame, this.#ends.pop() as number);
    }
  }
}
