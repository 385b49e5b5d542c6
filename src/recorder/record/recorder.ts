import { METADATA_CATEGORY } from '../../trace-event/defaults.js';
import { COMMIT_EVENT, SLOT_ZERO_IS_ID } from '../arena/layout.js';
import {
  CATEGORY_OF_BEGIN,
  HEADER_WORDS,
  ID_BASE,
  ID_STREAM_FACTOR,
  idOf,
  KEY_DURATION,
  KEY_START,
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
  KIND_DETACH,
  KIND_EMIT,
  KIND_END,
  KIND_END_BY_ID,
  KIND_END_EARLY,
  KIND_FLOW_END,
  KIND_FLOW_START,
  KIND_FLOW_STEP,
  KIND_INSTANT,
  KIND_METADATA,
  KIND_OVER,
  KIND_RENAME,
  KIND_RESUME,
  KIND_THREAD_DIED,
  LABEL_INLINE,
  LABEL_SHIFT,
  SCOPE_SAMPLE,
} from '../arena/records.js';
import { CLOCK_SHIFT, clock } from '../clock.js';
import type { ArgumentEncoder } from './arguments.js';
import { putId, RecordWriter } from './record-writer.js';

const NO_LABEL = LABEL_INLINE;

/**
 * What one thread can record: a method for each thing that may happen. This is the hot path of the
 * library. A span without arguments is a look-up of its name, two clock reads, two records of 16 bytes,
 * and an atomic store for each.
 *
 * Methods that begin something give its begin number in this stream; 0 where nothing was recorded. To
 * end 0 does nothing, so callers need not check.
 */
export class Recorder extends RecordWriter {
  /** Whether the program has used ids of its own which could be ids of this class. */
  #lookalikes = false;

  /**
   * The id, unique in the process, of what has this begin number in a stream: this one, or an earlier
   * one.
   */
  id(beginNumber: number, stream: number = this.stream): number {
    return beginNumber === 0 ? 0 : idOf(stream, beginNumber);
  }

  /** A span. */
  begin(name: string, category: string | undefined, args: unknown): number {
    return this.#begin(KIND_BEGIN, name, category, args);
  }

  /** A span to which what is recorded in it will belong, once `moveInside()` says so. */
  beginCall(name: string, category: string | undefined, args: unknown): number {
    return this.#begin(KIND_CALL, name, category, args);
  }

  /** The same of an async operation. */
  beginAsyncCall(name: string, category: string | undefined, args: unknown): number {
    return this.#begin(KIND_ASYNC_CALL, name, category, args);
  }

  /**
   * A span that began at `time` of `clock.now()`, which is later than all that this stream has. For a
   * stream that tells afterwards what a thread has done.
   */
  beginAt(time: number, name: string, category: string, args: unknown): number {
    if (!this.recording) return 0;
    const label = this.label(name, category);
    if (label < 0) return 0;
    return this.#begun(this.#writeNamed(KIND_BEGIN, label, undefined, time, args));
  }

  /** Ends at `time` what `beginAt()` began. */
  endAt(time: number, beginNumber: number): void {
    this.#endAt(time, beginNumber, undefined);
  }

  /**
   * At `time` a sample was taken of what `beginAt()` began, and `endAt()` has not ended yet. It is no
   * event, and only some formats show it.
   */
  sampleAt(time: number, category: string): void {
    if (!this.recording) return;
    const label = this.label('sample', category);
    if (label > LABEL_INLINE) this.write(KIND_INSTANT, label, SCOPE_SAMPLE, 0, time, undefined);
  }

  /** A span that is known by its id: it may end on any thread. */
  beginLoose(name: string, category: string | undefined, args: unknown): number {
    return this.#begin(KIND_BEGIN_LOOSE, name, category, args);
  }

  /** An async operation, with an id of the program's if there is one. */
  asyncBegin(
    name: string,
    category: string | undefined,
    args: unknown,
    id: string | number | undefined,
  ): number {
    if (id === undefined) return this.#begin(KIND_ASYNC_BEGIN, name, category, args);
    if (!this.recording) return 0;
    const label = this.label(name, category);
    if (label < 0) return 0;
    this.#putOwnId(this.openNamed(label), id);
    return this.#begun(this.finish(KIND_ASYNC_BEGIN, label, undefined, COMMIT_EVENT, 0, args));
  }

  /** Ends what this stream began. */
  end(beginNumber: number, args: unknown): void {
    this.#endAt(clock.now(), beginNumber, args);
  }

  /** Ends a span or an async operation by its id: of the program's own, or given by any thread. */
  endById(id: string | number, args: unknown): void {
    const time = clock.now();
    if (this.#isNone(id) || !this.recording) return;
    if (typeof id === 'number' && this.stream !== 0 && !this.#lookalikes) {
      const beginNumber = id - idOf(this.stream, 0);
      if (beginNumber > 0 && beginNumber < ID_STREAM_FACTOR) {
        this.#endAt(time, beginNumber | 0, args);
        return;
      }
    }
    if (this.#byId(KIND_END_BY_ID, id, 0, time, args)) return;
    this.hold(
      () =>
        this.#byId(KIND_END_BY_ID, id, 0, time, args) ||
        this.#byId(KIND_END_BY_ID, id, 0, time, undefined),
    );
  }

  /** Makes a span an async operation: its call has returned, but what it began goes on. */
  detach(beginNumber: number): void {
    if (beginNumber === 0 || !this.recording) return;
    this.#writeOrHold(KIND_DETACH, beginNumber, clock.now());
  }

  /** More arguments for what this stream began. */
  addArguments(beginNumber: number, args: unknown): void {
    const time = clock.now();
    if (beginNumber === 0 || !this.recording) return;
    this.write(KIND_ARGUMENTS, NO_LABEL, beginNumber, 0, time, args);
  }

  /** Another name for what this stream began; its category stays, as viewers find its track by that. */
  rename(beginNumber: number, name: string, category: string): void {
    const time = clock.now();
    if (beginNumber === 0 || !this.recording) return;
    const label = this.label(name, category);
    if (label < 0) return;
    this.openNamed(label);
    this.finish(KIND_RENAME, label, beginNumber, 0, time, undefined);
  }

  /** Ends a span whose function goes on: `over` or `resume` follows. */
  endEarly(beginNumber: number, args: unknown): void {
    this.#endAt(clock.now(), beginNumber, args, KIND_END_EARLY);
  }

  /** The function of a span that was ended early is over. */
  over(beginNumber: number, args: unknown): void {
    this.#endAt(clock.now(), beginNumber, args, KIND_OVER);
  }

  /** A span that was ended early goes on. */
  resume(beginNumber: number): void {
    if (beginNumber === 0 || !this.recording) return;
    this.#writeOrHold(KIND_RESUME, beginNumber, clock.now());
  }

  asyncInstant(
    id: string | number,
    name: string,
    category: string | undefined,
    args: unknown,
  ): void {
    const time = clock.now();
    if (this.#isNone(id) || !this.recording) return;
    const label = this.label(name, category ?? CATEGORY_OF_BEGIN);
    if (label < 0) return;
    putId(this.openNamed(label), id);
    this.finish(KIND_ASYNC_INSTANT, label, 0, COMMIT_EVENT, time, args);
  }

  complete(
    name: string,
    start: number,
    duration: number,
    category: string | undefined,
    args: unknown,
  ): void {
    if (!this.recording) return;
    const label = this.label(name, category);
    if (label < 0) return;
    const body = this.openNamed(label);
    body.putNumber(KEY_START, start + CLOCK_SHIFT);
    body.putNumber(KEY_DURATION, duration);
    this.finish(KIND_COMPLETE, label, 0, COMMIT_EVENT, 0, args);
  }

  /** `scope` is one of the SCOPE_* values. */
  instant(name: string, category: string | undefined, args: unknown, scope: number): void {
    this.#simple(KIND_INSTANT, name, category, scope, args);
  }

  /** `series` are finite numbers. */
  counter(name: string, category: string | undefined, series: Record<string, number>): void {
    this.#simple(KIND_COUNTER, name, category, 0, series);
  }

  metadata(name: string, args: unknown): void {
    this.#simple(KIND_METADATA, name, METADATA_CATEGORY, 0, args);
  }

  flowStart(
    name: string,
    category: string | undefined,
    args: unknown,
    id: string | number | undefined,
  ): number {
    const time = clock.now();
    if (!this.recording) return 0;
    const label = this.label(name, category);
    if (label < 0) return 0;
    const body = this.openNamed(label);
    if (id !== undefined) this.#putOwnId(body, id);
    return this.#begun(this.finish(KIND_FLOW_START, label, undefined, COMMIT_EVENT, time, args));
  }

  flowStep(id: string | number, args: unknown): void {
    const time = clock.now();
    if (this.#isNone(id) || !this.recording) return;
    this.#byId(KIND_FLOW_STEP, id, COMMIT_EVENT, time, args);
  }

  flowEnd(id: string | number, args: unknown): void {
    const time = clock.now();
    if (this.#isNone(id) || !this.recording) return;
    this.#byId(KIND_FLOW_END, id, COMMIT_EVENT, time, args);
  }

  /**
   * A point of a flow that crosses processes, whose id is the same in all of them: a hexadecimal number
   * of 64 bits, as viewers read it.
   */
  crossingFlow(point: 'start' | 'end', name: string, category: string, id: string): void {
    const time = clock.now();
    if (!this.recording) return;
    const label = this.label(name, category);
    if (label < 0) return;
    const operand = point === 'start' ? 0 : 1;
    putId(this.openNamed(label), id);
    this.finish(KIND_CROSSING_FLOW, label, operand, COMMIT_EVENT, time, undefined);
  }

  /** An event as JSON members. `given`: GIVEN_* flags. */
  emit(members: string, given: number): void {
    const time = clock.now();
    if (!this.recording) return;
    this.open();
    this.finishMembers(KIND_EMIT, given, time, members);
  }

  /** Tells the writer that a thread has stopped, which may not have ended its stream. */
  threadDied(tid: number): void {
    if (!this.recording) return;
    this.#writeOrHold(KIND_THREAD_DIED, tid, clock.now());
  }

  #begin(kind: number, name: string, category: string | undefined, args: unknown): number {
    if (!this.recording) return 0;
    const label = this.label(name, category);
    if (label < 0) return 0;
    if (args === undefined && label !== LABEL_INLINE) return this.#beginBare(kind, label);
    return this.#begun(this.#writeNamed(kind, label, undefined, 0, args));
  }

  /** A begin with a label and nothing else, as most are. */
  #beginBare(kind: number, label: number): number {
    const at = this.reserve(HEADER_WORDS);
    if (at < 0) {
      this.drop();
      return 0;
    }
    const beginNumber = this.nextBeginNumber();
    const header = kind | (label << LABEL_SHIFT);
    // The clock last, so that the span does not include the cost of its own record.
    this.putHeader(at, header, HEADER_WORDS, beginNumber, clock.now());
    this.commit(HEADER_WORDS, COMMIT_EVENT);
    return beginNumber;
  }

  /** Ends what this stream began, at a time that the caller has read before anything else. */
  #endAt(time: number, beginNumber: number, args: unknown, kind = KIND_END): void {
    if (beginNumber === 0 || !this.recording) return;
    if (args === undefined) this.#writeOrHold(kind, beginNumber, time);
    else this.#writeOrHoldAll(kind, beginNumber, time, args);
  }

  #writeOrHold(kind: number, operand: number, time: number): void {
    if (this.writeBare(kind, operand, time)) return;
    this.hold(() => this.writeBare(kind, operand, time));
  }

  /** The same with arguments, or without those that are too much even for a chunk of their own. */
  #writeOrHoldAll(kind: number, operand: number, time: number, args: unknown): void {
    if (this.write(kind, NO_LABEL, operand, 0, time, args)) return;
    if (!this.writeBare(kind, operand, time)) this.#holdAll(kind, operand, time, args);
  }

  /** A method of its own, as one with a closure makes an object for it in each call. */
  #holdAll(kind: number, operand: number, time: number, args: unknown): void {
    this.hold(
      () =>
        this.write(kind, NO_LABEL, operand, 0, time, args) || this.writeBare(kind, operand, time),
    );
  }

  #begun(written: boolean): number {
    return written ? this.beginNumber : 0;
  }

  #simple(
    kind: number,
    name: string,
    category: string | undefined,
    operand: number,
    args: unknown,
  ): void {
    const time = clock.now();
    if (!this.recording) return;
    const label = this.label(name, category);
    if (label < 0) return;
    this.#writeNamed(kind, label, operand, time, args);
  }

  /** Writes an event whose label was looked up right before. Parameters and result: see `finish()`. */
  #writeNamed(
    kind: number,
    label: number,
    operand: number | undefined,
    time: number,
    args: unknown,
  ): boolean {
    if (label !== LABEL_INLINE) return this.write(kind, label, operand, COMMIT_EVENT, time, args);
    this.openNamed(label);
    return this.finish(kind, label, operand, COMMIT_EVENT, time, args);
  }

  #byId(kind: number, id: string | number, event: number, time: number, args: unknown): boolean {
    putId(this.open(), id);
    return this.finish(kind, NO_LABEL, 0, event, time, args);
  }

  #putOwnId(body: ArgumentEncoder, id: string | number): void {
    putId(body, id);
    if (id === 0) this.int32[SLOT_ZERO_IS_ID] = 1;
    if (typeof id === 'number' && id >= ID_BASE) this.#lookalikes = true;
  }

  /** Whether an id is the 0 that a call gives when it records nothing, and not an id of the program's. */
  #isNone(id: string | number): boolean {
    return id === 0 && this.int32[SLOT_ZERO_IS_ID] === 0;
  }
}
