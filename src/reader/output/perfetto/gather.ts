import { METADATA_CATEGORY, UNNAMED } from '../../../trace-event/defaults.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { isAsync, isInstant, isPhase } from '../../../trace-event/phases.js';
import type { RawEvent, TraceEntry } from '../../source/entries.js';
import { type EventBatch, FIELD } from '../../source/event-batch.js';
import { AsyncTimeline, asyncTrack } from '../../timeline/async-timeline.js';
import { BEYOND_COLUMNS, isPlainSlice } from '../../timeline/plain-events.js';
import { SpillSorter } from '../../timeline/spill-sorter.js';
import { StringTable } from '../../timeline/string-table.js';
import { ThreadTimeline } from '../../timeline/thread-timeline.js';
import { type TimedEvent, TimeScale, threadOf } from '../../timeline/timed-event.js';
import { type FlowPhase, phaseNumber } from '../../timeline/track-phases.js';
import { LeftOut } from '../left-out.js';
import { CounterSeries } from './counter-series.js';
import { EventArguments } from './event-arguments.js';
import { FlowNumbers } from './flow-numbers.js';
import { joinArguments } from './join-arguments.js';
import { Keys, type UsedKeys } from './keys.js';
import { isLight, lightEvent } from './light-events.js';
import { COLUMNS, FIRST, KIND, keyOf, orderOf, placeOf } from './rows.js';
import { Spool } from './spool.js';
import { Threads } from './threads.js';
import { type ClockTimes, TraceMetadata } from './trace-metadata.js';

const [X, B] = Buffer.from('XB');
const [PHASE_B, PHASE_E] = ['B', 'E'].map(phaseNumber);
/** Times of the CPU, of which nothing is made. */
const CPU_TIMES = FIELD.tts | FIELD.tdur;
/** Fields of which something is made. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['ph', 'name', 'cat', 'ts', 'dur', 'pid', 'tid', 'args', 'id', 'id2', 's', 'bp'],
  ...['bind_id', 'flow_in', 'flow_out', 'provisional'],
]);
const FLOW_KINDS = { s: KIND.flowStart, t: KIND.flowStep, f: KIND.flowEnd } as const;

/**
 * Takes the events of a trace in the order of the file, and makes rows of them that can be sorted: in
 * Perfetto's format the order of what happens at one moment counts, and slices cannot overlap. What begins
 * and ends in events of its own is put together by the same timelines as for all other commands.
 */
export class Gatherer {
  readonly strings = new StringTable();
  readonly threads = new Threads();
  readonly keys = new Keys();
  readonly spool = new Spool();
  readonly rows = new SpillSorter(COLUMNS);
  readonly leftOut = new LeftOut();
  readonly counters = new CounterSeries(this.threads, this.leftOut);
  readonly #scale = new TimeScale();
  readonly #described = new TraceMetadata(this.threads);
  /** Slices that have begins and ends of their own. */
  readonly #slices = new ThreadTimeline(this.strings);
  readonly #operations = new AsyncTimeline(this.strings);
  readonly #none = this.strings.number('');
  readonly #arguments = new EventArguments(this.spool, this.keys);
  readonly #flowNumbers = new FlowNumbers();
  /** Numbers of texts, by those of the batches. */
  readonly #numbers: number[] = [];
  /** Metadata that is no description, until it is known when the trace begins. */
  readonly #otherMetadata: { thread: number; key: number; spool: number; index: number }[] = [];
  /** Nanoseconds of the scale. */
  earliest = Number.POSITIVE_INFINITY;
  hasFlows = false;
  #hasPairs = false;
  #hasOperations = false;
  events = 0;

  takeBatch(batch: EventBatch): void {
    const { count, fields, ph, ts, dur, pid, tid, name, category, index } = batch;
    const { argsStart, argsEnd } = batch;
    for (let row = 0; row < count; row++) {
      const letter = ph[row];
      const known = fields[row];
      const isPlain =
        isPlainSlice(batch, row) &&
        (known & BEYOND_COLUMNS) === 0 &&
        // Where it is not known where they stand, the event has to be parsed.
        ((known & FIELD.args) === 0 || argsEnd[row] > 0);
      if (!isPlain) {
        if (isLight(batch, row)) this.#light(batch, row);
        else this.takeEvent(JSON.parse(batch.text(row)), index + row);
        continue;
      }
      this.events++;
      if ((known & CPU_TIMES) !== 0) this.#leaveOutTimes(known);
      const thread = this.threads.number(pid[row], tid[row]);
      const start = this.#nanoseconds(ts[row]);
      const nameNumber = (known & FIELD.name) === 0 ? this.#none : this.#text(batch, name[row]);
      const cat = (known & FIELD.cat) === 0 ? this.#none : this.#text(batch, category[row]);
      let spool = 0;
      if ((known & FIELD.args) !== 0 && argsEnd[row] - argsStart[row] > 2) {
        spool = this.#arguments.members(batch.bytes, argsStart[row], this.#keysOf(thread));
      }
      if (letter === X) {
        const end = start + Math.round(dur[row] * NS_PER_US);
        const key = keyOf(nameNumber, cat);
        this.#row(start, -end, placeOf(index + row, KIND.completeSlice), thread, key, spool, end);
      } else {
        this.#hasPairs = true;
        const times = { start, end: start };
        const phase = letter === B ? PHASE_B : PHASE_E;
        const on = this.#slices.thread(pid[row], tid[row]);
        this.#slices.addNumbers(phase, on, times, nameNumber, cat, index + row, spool);
      }
    }
  }

  takeEntry({ event, index }: TraceEntry): void {
    if (event === undefined) this.leftOut.addNoEvent();
    else this.takeEvent(event, index);
  }

  /** Takes an event without parsing its arguments. */
  #light(batch: EventBatch, row: number): void {
    const { fields, argsStart } = batch;
    const known = fields[row];
    if ((known & CPU_TIMES) !== 0) this.#leaveOutTimes(known);
    this.#arguments.next((known & FIELD.args) === 0 ? undefined : batch.bytes, argsStart[row]);
    this.#take(lightEvent(batch, row), batch.index + row);
  }

  takeEvent(event: RawEvent, index: number): void {
    this.#arguments.next();
    this.#take(event, index);
  }

  #take(event: RawEvent, index: number): void {
    this.events++;
    if (event.ph === 'M') {
      this.#metadata(event, index);
      return;
    }
    const timed = this.#scale.place({ index, offset: 0, event });
    if (timed === undefined) {
      this.leftOut.add(
        isPhase(event.ph)
          ? `events '${event.ph}' without a time that can be read`
          : 'events without a phase that is known',
      );
      return;
    }
    this.leftOut.addFieldsOf(event, FIELDS);
    this.#timed(timed);
  }

  /** All that has a time but what begins and ends in events of its own. */
  #timed(timed: TimedEvent): void {
    const { ph, pid, tid, name, cat, start, event, index } = timed;
    const { args } = event;
    const thread = this.threads.number(pid, tid);
    const key = keyOf(this.strings.number(name), this.strings.number(cat));
    const keys = this.#keysOf(thread);
    const moment = (kind: number): void => {
      const spool = this.#arguments.of(args, keys);
      this.#row(start, -start, placeOf(index, kind), thread, key, spool);
    };
    if (ph === 'X') {
      const { end } = timed;
      const spool = this.#arguments.of(args, keys);
      this.#row(start, -end, placeOf(index, KIND.completeSlice), thread, key, spool, end);
    } else if (ph === 'B' || ph === 'E') {
      this.#hasPairs = true;
      this.#slices.add(withSpool(timed, this.#arguments.of(args, keys)));
    } else if (isInstant(ph) || ph === 'R') {
      const { s } = event;
      moment(s === 'g' ? KIND.traceMoment : s === 'p' ? KIND.processMoment : KIND.threadMoment);
    } else if (ph === 'C') {
      const values = this.counters.take(timed);
      for (let i = 0; i < values.length; i += 2) {
        this.#row(start, -start, placeOf(index, KIND.counter), values[i], key, values[i + 1]);
      }
    } else if (timed.async !== undefined) {
      if (ph === 'n') {
        const track = asyncTrack(timed, timed.async);
        const spool = this.#arguments.behind(thread, args, keys);
        this.#row(start, -start, placeOf(index, KIND.operationMoment), track, key, spool);
      } else {
        this.#hasOperations = true;
        const named = ph === 'b' && name === '' ? UNNAMED : name;
        const spool = this.#arguments.behind(thread, args, keys);
        this.#operations.add(withSpool({ ...timed, name: named }, spool));
      }
    } else if (timed.flow === undefined || timed.flow.bound) {
      this.leftOut.add(
        !isPhase(ph)
          ? 'events of unknown phases'
          : isAsync(ph)
            ? `events '${ph}' without an id`
            : `events '${ph}', which are not converted`,
      );
      return;
    }
    this.earliest = Math.min(this.earliest, start);
    if (timed.flow !== undefined) this.#flow(timed, thread);
  }

  /**
   * Puts together what begins and ends in events of its own, step by step. There are no more events then.
   */
  *finish(members: ReadonlyMap<string, unknown>, name: string): Generator<void, void, undefined> {
    this.#described.takeMembers(members);
    this.leftOut.addMembers(members.keys());
    if (this.#hasPairs) yield* this.#takePairs(name);
    if (this.#hasOperations) yield* this.#takeOperations();
    if (this.earliest === Number.POSITIVE_INFINITY) this.earliest = 0;
    for (const { thread, key, spool, index } of this.#otherMetadata) {
      const at = this.earliest;
      this.#row(at, -at, placeOf(index, KIND.processMoment), thread, key, spool);
    }
  }

  /** What clocks showed at time 0 of the scale. */
  get clocks(): ClockTimes {
    return this.#described.clocksAt(this.#scale.origin);
  }

  /**
   * A number that stands for the flow of a point in the spool: its id of 64 bits, folded into the 53 that a
   * number holds. The highest bits are mixed into the others. The lowest ones stay as they are, as ids often
   * follow each other: rounded to a double, such ids would be one.
   */
  flowAt(place: number): number {
    const { spool } = this;
    spool.read(place);
    const high = spool.word(4);
    return ((high ^ (high >>> 21)) & 0x1f_ffff) * 2 ** 32 + spool.word(0);
  }

  close(): void {
    this.rows.close();
    this.spool.close();
    this.#slices.close();
    this.#operations.close();
  }

  #leaveOutTimes(fields: number): void {
    if ((fields & FIELD.tts) !== 0) this.leftOut.addField('tts');
    if ((fields & FIELD.tdur) !== 0) this.leftOut.addField('tdur');
  }

  #nanoseconds(ts: number): number {
    const start = this.#scale.nanoseconds(ts);
    if (start < this.earliest) this.earliest = start;
    return start;
  }

  #row(
    start: number,
    order: number,
    place: number,
    on: number,
    key: number,
    spool: number,
    end = start,
  ): void {
    const { rows } = this;
    let at = rows.place();
    const { values } = rows;
    values[at++] = start;
    values[at++] = order;
    values[at++] = place;
    values[at++] = on;
    values[at++] = key;
    values[at++] = spool;
    values[at] = end;
  }

  #keysOf(thread: number): UsedKeys {
    return this.threads.all[thread].keys;
  }

  #text({ strings: { texts } }: EventBatch, number: number): number {
    const numbers = this.#numbers;
    while (numbers.length < texts.length) numbers.push(this.strings.number(texts[numbers.length]));
    return numbers[number];
  }

  #flow(timed: TimedEvent, thread: number): void {
    const { flow, name, cat, start, index, ph, event } = timed;
    const end = timed.unfinished ? Number.POSITIVE_INFINITY : timed.end;
    if (flow?.phase === undefined || flow.id === undefined) {
      this.leftOut.add('points of flows whose id cannot be read, or that do not say where they go');
      return;
    }
    const { phase, id, bound, toNext } = flow;
    if (bound && ph !== 'X' && ph !== 'B') {
      this.leftOut.add('points of flows in async operations');
      return;
    }
    this.hasFlows = true;
    const place = this.spool.begin();
    const { out } = this.spool;
    out.reserve(8);
    out.fixed64(this.#flowNumbers.of(id, bound, name, cat));
    if (!bound) this.#arguments.ofFlow(name, event.args, this.#keysOf(thread));
    const key = keyOf(this.strings.number(name), this.strings.number(cat));
    // Right behind the slice that is bound, before all that it holds.
    const order = orderOf(bound ? end : start);
    const kind = toNext ? KIND.flowEndAtNext : FLOW_KINDS[phase as FlowPhase];
    this.#row(start, order, placeOf(index, kind), thread, key, this.spool.finish(place));
  }

  #metadata(event: RawEvent, index: number): void {
    if (this.#described.take(event)) return;
    const { pid, tid } = threadOf(event);
    const thread = this.threads.number(pid, tid);
    const text = typeof event.name === 'string' ? event.name : UNNAMED;
    const key = keyOf(this.strings.number(text), this.strings.number(METADATA_CATEGORY));
    const spool = this.#arguments.of(event.args, this.#keysOf(thread));
    this.#otherMetadata.push({ thread, key, spool, index });
  }

  #takePairs(name: string): Generator<void, void, undefined> {
    const slices = this.#slices;
    return slices.replaySteps(
      {
        slice: ({ event, endedBy, end }) => {
          const { start, index } = event;
          const thread = this.threads.number(...slices.threadIds(event.thread));
          const spool = joinArguments(
            this.spool,
            spoolOf(event),
            endedBy === undefined ? 0 : spoolOf(endedBy),
          );
          const key = keyOf(event.name, event.category);
          // A complete event without a duration is longer than all else.
          const order = event.end > start ? orderOf(event.end) : -start;
          // Complete events are not among these: what ends with one is only known where all are drawn.
          const isEnded = endedBy !== undefined || event.phase !== 'B';
          const until = isEnded ? end : Number.POSITIVE_INFINITY;
          this.#row(start, order, placeOf(index, KIND.begunSlice), thread, key, spool, until);
        },
        problem: (rule) => {
          if (rule === 'end-without-begin') this.leftOut.add("ends 'E' of nothing that has begun");
        },
      },
      name,
    );
  }

  #takeOperations(): Generator<void, void, undefined> {
    return this.#operations.replaySteps({
      operation: ({ begin, endedBy, end }) => {
        const { start, track, index, name, category } = begin;
        const key = keyOf(name, category);
        this.#row(
          start,
          orderOf(end),
          placeOf(index, KIND.operationBegin),
          track,
          key,
          spoolOf(begin),
          end,
        );
        if (endedBy === undefined) return;
        const last = start === end ? -end : FIRST;
        this.#row(end, last, placeOf(index, KIND.operationEnd), track, key, spoolOf(endedBy));
      },
      problem: (rule) => {
        if (rule === 'async-end-without-begin') {
          this.leftOut.add('ends of async operations that have not begun');
        }
      },
    });
  }

  /** The number of the thread that stands before the arguments of what an operation is told by. */
  threadAt(place: number): number {
    this.spool.read(place);
    return this.spool.word(0);
  }
}

/**
 * Timelines hand on a number with each event: to other commands, its place in the file. What is written here
 * needs its place in the spool instead.
 */
function withSpool(timed: TimedEvent, spool: number): TimedEvent {
  return { ...timed, offset: spool };
}

/** The place in the spool of an event that a timeline has handed on. */
function spoolOf({ offset }: { readonly offset: number }): number {
  return offset;
}
