import type { Arena } from '../arena/arena.js';
import { COUNTER_DROPPED, COUNTER_OPEN, COUNTER_UNMATCHED } from '../arena/layout.js';
import {
  FRAGMENT_FIRST,
  HEADER_WORDS,
  INSIDE_WORDS,
  idOf,
  KIND_ARGUMENTS,
  KIND_ASYNC_BEGIN,
  KIND_ASYNC_CALL,
  KIND_ASYNC_INSTANT,
  KIND_BEGIN,
  KIND_BEGIN_LOOSE,
  KIND_CALL,
  KIND_COMPLETE,
  KIND_COUNTER,
  KIND_CROSSING_FLOW,
  KIND_DEFINE_LABEL,
  KIND_DEFINE_STRING,
  KIND_DETACH,
  KIND_DROPPED,
  KIND_EMIT,
  KIND_END,
  KIND_END_BY_ID,
  KIND_END_EARLY,
  KIND_FLOW_END,
  KIND_FLOW_START,
  KIND_FLOW_STEP,
  KIND_FRAGMENT,
  KIND_INSIDE,
  KIND_INSTANT,
  KIND_MASK,
  KIND_METADATA,
  KIND_OVER,
  KIND_RENAME,
  KIND_RESUME,
  KIND_THREAD,
  KIND_THREAD_DIED,
  KIND_THREAD_END,
  LABEL_INLINE,
  LABEL_SHIFT,
  SCOPE_SAMPLE,
} from '../arena/records.js';
import type { ArgumentList, Label, TraceFormat } from '../format/format.js';
import { ownArguments, readNumbers } from './arguments.js';
import { ChangedSpans } from './changed-spans.js';
import { FlowBinder, Flows } from './flows.js';
import type { IdSource } from './ids.js';
import { LeafSpan } from './leaf-span.js';
import { asCall, insideOf } from './lineage.js';
import { type Noted, NoteLog, restoreNotes } from './note-log.js';
import { OpenSpans } from './open-spans.js';
import { RecordReader } from './record-reader.js';
import { SaidOnce } from './said-once.js';
import { Restorer, streamState } from './save.js';
import { SimpleEvents } from './simple-events.js';
import type { AssemblerState, Definition, Note } from './state.js';
import { type HeldFlowPoint, type HeldInstant, OpenSpan, type Stream } from './stream.js';

const NS_PER_MS = 1e6;

/**
 * Turns the records of all threads, which come in the order of their times, into events, and
 * decides what each becomes. It knows no bytes and no files.
 */
export class Assembler {
  readonly #arena: Arena;
  readonly #format: TraceFormat;
  readonly #streams: ReadonlyMap<number, Stream>;
  /** performance.now() at time 0. */
  readonly #base: number;
  readonly #record: RecordReader;
  readonly #flows: Flows;
  readonly #open: OpenSpans;
  readonly #leaf: LeafSpan;
  readonly #changed = new ChangedSpans();
  readonly #simple: SimpleEvents;
  readonly #notes: NoteLog;
  readonly #noted: Noted;
  /** Points that wait, and whose arguments still stand in the arena. */
  #borrowers: (HeldFlowPoint | HeldInstant)[] = [];
  readonly #ids: IdSource;
  /** Ends, steps and instants whose id was not open. */
  unmatched = 0;

  constructor(
    arena: Arena,
    streams: ReadonlyMap<number, Stream>,
    format: TraceFormat,
    ids: IdSource,
    base: number,
    maxOpen: number,
    journaled: boolean,
  ) {
    this.#arena = arena;
    this.#ids = ids;
    this.#streams = streams;
    this.#format = format;
    this.#base = base;
    this.#record = new RecordReader(arena);
    this.#leaf = new LeafSpan(format);
    const notes = new NoteLog(journaled);
    this.#notes = notes;
    const saidOnce = new SaidOnce(notes.add);
    this.#simple = new SimpleEvents(format, saidOnce);
    const changed = this.#changed;
    const binder = new FlowBinder(format, changed, (id) => this.#open.find(id));
    const flows = new Flows(binder, ids, journaled);
    this.#flows = flows;
    const open = new OpenSpans(streams, format, binder, ids, maxOpen, changed, notes.add);
    this.#open = open;
    this.#noted = { streams, saidOnce, open, changed, flows };
  }

  /** All that the assembler knows, except what it has noted. */
  save(): AssemblerState {
    return {
      ...this.#simple.save(),
      streams: Array.from(this.#streams.values(), streamState),
      lastId: this.#ids.last,
      unmatched: this.unmatched,
      forgotten: this.#open.written.forgotten,
    };
  }

  /** Takes over from another writer. The streams must have been restored. */
  restore(state: AssemblerState, notes: readonly Note[]): void {
    restoreNotes(notes, this.#noted, state.forgotten, new Restorer(this.#streams));
    this.#simple.restore(state);
    this.#ids.last = state.lastId;
    this.unmatched = state.unmatched;
  }

  /**
   * What was noted since the last call, and what has changed; with `all`, notes of everything that
   * is still valid. Call `releaseArena()` before.
   */
  takeNotes(all: boolean): Iterable<Note> {
    return this.#notes.take(all, this.#noted);
  }

  /**
   * The file is empty but for what every trace begins with: writes again what was said only once.
   * Begins that stood there for good are gone, and nothing can refer to them any more.
   */
  beginAgain(): void {
    const { framing } = this.#format;
    for (const event of this.#noted.saidOnce.events())
      this.#format.put(event, framing.count(event));
    this.#flows.clear();
    this.#open.written.clear();
    this.#open.changeAll();
  }

  /** Takes one record, in words `at` to `end` of the arena. */
  take(stream: Stream, at: number, end: number): void {
    const { int32, float64 } = this.#arena;
    const header = int32[at << 1];
    const operand = int32[(at << 1) + 1];
    const kind = header & KIND_MASK;
    const bare = at + HEADER_WORDS === end;
    // Most records are begins and ends of spans: they are read here, without the RecordReader.
    if (kind === KIND_END) {
      const time = this.#tick(stream, float64[at + 1]);
      const args = bare ? undefined : this.#record.readArguments(stream, at + HEADER_WORDS, end);
      if (this.#leaf.end(stream, operand, time, args)) return;
      this.promoteLeaf();
      this.#match(this.#open.end(stream, operand, time, args));
    } else if (kind === KIND_BEGIN && bare && header >>> LABEL_SHIFT !== LABEL_INLINE) {
      this.promoteLeaf();
      const label = stream.label(header >>> LABEL_SHIFT);
      const time = this.#tick(stream, float64[at + 1]);
      this.#leaf.begin(stream, operand, label, time, undefined, false);
    } else if (kind === KIND_INSIDE) {
      // Shorter only where it is damaged.
      if (at + INSIDE_WORDS > end) return;
      const [call, root] = [float64[at + HEADER_WORDS], float64[at + HEADER_WORDS + 1]];
      stream.inside = insideOf(call, root);
    } else {
      this.promoteLeaf();
      this.#record.read(stream, at, end);
      if (this.#record.time === 0) this.#define(stream);
      else this.#event(stream);
    }
  }

  /** Takes a record without a time: it defines something that later records refer to. */
  #define(stream: Stream): void {
    const { kind, operand, label, labelIndex } = this.#record;
    switch (kind) {
      case KIND_THREAD:
        stream.tid = operand;
        stream.parentTid = Number(label?.category) || 0;
        this.#simple.metadata(stream, 'thread_name', { name: label?.name ?? '' });
        break;
      case KIND_DEFINE_LABEL:
        this.#remember(stream, 'label', labelIndex, label);
        break;
      case KIND_DEFINE_STRING:
        this.#remember(stream, 'key', operand, label);
        break;
      case KIND_FRAGMENT:
        if ((operand & FRAGMENT_FIRST) !== 0) stream.fragments = [];
        stream.fragments.push(this.#record.bytes(operand & ~FRAGMENT_FIRST));
        break;
    }
  }

  #remember(stream: Stream, kind: Definition['kind'], index: number, label?: Label): void {
    const { name = '', category = '' } = label ?? {};
    const definition: Definition = { kind, stream: stream.id, index, name, category };
    stream.define(definition);
    this.#notes.add(definition);
  }

  #event(stream: Stream): void {
    const format = this.#format;
    const record = this.#record;
    const { kind, operand, args } = record;
    const label = record.label ?? stream.label(LABEL_INLINE);
    const id = record.id ?? 0;
    const time = this.#nanoseconds(record.time);
    switch (kind) {
      case KIND_BEGIN:
      case KIND_CALL:
        this.#leaf.begin(stream, operand, label, stream.tick(time), args, kind === KIND_CALL);
        break;
      case KIND_BEGIN_LOOSE:
        this.#open.begin(this.#begun(stream, label, undefined));
        break;
      case KIND_ASYNC_BEGIN:
      case KIND_ASYNC_CALL:
        this.#open.beginAsync(this.#begun(stream, label, record.id));
        break;
      case KIND_END_BY_ID:
        this.#match(this.#open.endById(id, stream, stream.tick(time), args));
        break;
      case KIND_END_EARLY:
        this.#match(this.#open.endEarly(stream, operand, stream.tick(time), args));
        break;
      case KIND_OVER:
        this.#open.release(stream, operand, stream.tick(time), args);
        break;
      case KIND_RESUME:
        this.#open.resume(stream, operand);
        break;
      case KIND_ARGUMENTS:
        this.#match(this.#open.addArguments(stream, operand, args));
        break;
      case KIND_RENAME:
        this.#match(this.#open.rename(stream, operand, label));
        break;
      case KIND_DETACH:
        this.#open.detach(stream, operand);
        break;
      case KIND_COMPLETE:
        this.#complete(stream, label);
        break;
      case KIND_INSTANT:
        if (operand === SCOPE_SAMPLE) this.#simple.sample(stream, time);
        else this.#simple.instant(stream, label, stream.tick(time), operand, args);
        break;
      case KIND_COUNTER:
        this.#simple.counter(stream, label, stream.tick(time), readNumbers(args));
        break;
      case KIND_ASYNC_INSTANT:
        this.#asyncInstant(stream, label, id, stream.tick(time), args);
        break;
      case KIND_FLOW_START:
        this.#borrow(this.#flows.start(stream, label, operand, record.id, time, args));
        break;
      case KIND_FLOW_STEP:
      case KIND_FLOW_END: {
        const phase = kind === KIND_FLOW_STEP ? 't' : 'f';
        const point = this.#flows.next(phase, stream, id, time, args);
        this.#match(point !== false);
        this.#borrow(point || undefined);
        break;
      }
      case KIND_CROSSING_FLOW:
        this.#flows.cross(operand === 0 ? 's' : 'f', stream, label, String(id), time);
        break;
      case KIND_METADATA:
        this.#simple.metadata(stream, label.name, args);
        break;
      case KIND_EMIT:
        if (args !== undefined) format.verbatim(stream, stream.tick(time), args, operand);
        break;
      case KIND_DROPPED:
        this.#simple.dropped(stream, stream.tick(time), operand);
        break;
      case KIND_THREAD_END:
        this.endStream(stream);
        break;
      case KIND_THREAD_DIED:
        this.#threadDied(operand);
        break;
    }
  }

  #begun(stream: Stream, label: Label, key: string | number | undefined): OpenSpan {
    const { kind, operand: beginNumber, args, time } = this.#record;
    const { inside } = stream;
    const outer = inside?.lineage;
    const isCall = kind === KIND_ASYNC_CALL;
    const lineage = isCall ? asCall(idOf(stream.id, beginNumber), outer) : outer;
    const start = this.#tick(stream, time);
    const loose = kind === KIND_BEGIN_LOOSE;
    const parent = inside?.call ?? 0;
    return new OpenSpan(stream, beginNumber, label, start, args, parent, lineage, loose, key);
  }

  /** Draws a span that is reported when it is over: as a slice where it nests, else as a pair. */
  #complete(stream: Stream, label: Label): void {
    const { start, duration, args, time } = this.#record;
    const from = this.#nanoseconds(start);
    const to = Math.max(from, this.#nanoseconds(start + duration));
    const now = this.#tick(stream, time);
    // An open span that began within its time will end after it: they overlap.
    const open = stream.spans.findLast((span) => !span.ended && span.start < to);
    const cuts = open !== undefined && open.start >= from;
    const slice = to <= now && !cuts ? stream.history.insert(from, to) : undefined;
    if (slice === undefined) this.#open.drawLone(stream, label, from, to, args);
    else {
      const lineage = stream.inside?.lineage;
      this.#format.complete(stream, label, slice.start, slice.end - slice.start, args, lineage);
    }
  }

  #asyncInstant(
    stream: Stream,
    label: Label,
    id: string | number,
    time: number,
    args: ArgumentList | undefined,
  ): void {
    const point = this.#open.instant(id, { stream, label, time, args });
    this.#match(point !== false);
    this.#borrow(point || undefined);
  }

  /** Ends the streams of a thread that was stopped, and of the threads that it had started. */
  #threadDied(tid: number): void {
    for (const stream of this.#streams.values()) {
      if (stream.ended || (stream.tid !== tid && stream.parentTid !== tid)) continue;
      this.endStream(stream);
      if (stream.tid !== tid) this.#threadDied(stream.tid);
    }
  }

  /** The stream's thread records no more: a record says so, or the system. */
  endStream(stream: Stream): void {
    this.promoteLeaf();
    stream.ended = true;
    this.#open.releaseAll(stream);
  }

  /**
   * Moves the arguments of open spans, and of what waits for one, out of the arena. Call it before
   * chunks are freed. Spans that are not among the changed ones have done that before.
   */
  releaseArena(): void {
    for (const span of this.#changed.all) {
      if (!span.ended) span.args = ownArguments(span.args);
    }
    for (const point of this.#borrowers) point.args = ownArguments(point.args);
    this.#borrowers = [];
  }

  /**
   * Makes the leaf span, if there is one, an open span like all others: call it before any other
   * record is taken, before what is open is listed, and before chunks are freed. May write events.
   */
  promoteLeaf(): void {
    const span = this.#leaf.take();
    if (span !== undefined) this.#open.begin(span);
  }

  #borrow(point: HeldFlowPoint | HeldInstant | undefined): void {
    if (point?.args !== undefined) this.#borrowers.push(point);
  }

  /** Counts an end, a step or an instant that found nothing of its id. */
  #match(found: boolean): void {
    if (!found) this.unmatched++;
  }

  /** Brings the counters of open spans and unmatched ends in the arena up to date. */
  publish(): void {
    const { counters } = this.#arena;
    Atomics.store(counters, COUNTER_OPEN, BigInt(this.#open.openCount));
    Atomics.store(counters, COUNTER_UNMATCHED, BigInt(this.unmatched));
  }

  /** Marks the dropped events that their own threads had no room to mark. */
  writeDropped(time: number): void {
    const dropped = Number(Atomics.load(this.#arena.counters, COUNTER_DROPPED));
    const count = this.#simple.unmarked(dropped);
    const [stream] = this.#streams.values();
    if (count > 0 && stream) this.#simple.dropped(stream, this.#tick(stream, time), count);
  }

  /** Spans that have begun, changed or ended since `takeNotes()` was called last. */
  get changedSpans(): readonly OpenSpan[] {
    return this.#changed.all;
  }

  /** Writes a span as it looks now that is open, or has ended but is held back; else nothing. */
  draw(span: OpenSpan): void {
    const { drawing } = this.#open;
    const held = span.stream.held.get(span.beginNumber);
    if (held?.span === span) drawing.held(held);
    else if (!span.ended) drawing.unfinished(span);
  }

  /** Writes all that are open or held back, for good. */
  writeOpen(): void {
    const { drawing } = this.#open;
    for (const { held } of this.#streams.values()) {
      for (const span of held.values()) drawing.held(span);
    }
    for (const span of this.#open.inOrder()) drawing.unfinished(span);
  }

  /** The time of an event: later than that of all events of its thread before it. */
  #tick(stream: Stream, time: number): number {
    return stream.tick(this.#nanoseconds(time));
  }

  /** A reading of performance.now() as whole nanoseconds since time 0; 0 for what came before. */
  #nanoseconds(time: number): number {
    const nanoseconds = Math.round((time - this.#base) * NS_PER_MS);
    // A damaged record may hold NaN. `NaN > 0` is false, so it becomes 0.
    return nanoseconds > 0 ? Math.min(nanoseconds, Number.MAX_SAFE_INTEGER) : 0;
  }
}
