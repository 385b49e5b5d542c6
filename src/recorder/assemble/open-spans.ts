import { beginNumberOf, ID_BASE, idOf, streamOf } from '../arena/records.js';
import type { Arguments, Label, TraceFormat } from '../format/format.js';
import { mergeArguments, ownArguments } from './arguments.js';
import { AsyncTracks } from './async-tracks.js';
import type { ChangedSpans } from './changed-spans.js';
import { Drawing } from './drawing.js';
import type { FlowBinder } from './flows.js';
import type { IdSource } from './ids.js';
import { asCall } from './lineage.js';
import { NamedSpans } from './named-spans.js';
import type { NotedSpan } from './noted-open.js';
import type { Restorer } from './save.js';
import { dropEnded, dropOne, enclosing, findSpan, last, sweepAll, sweepTop } from './span-list.js';
import type { Note } from './state.js';
import type { HeldInstant, HeldSpan, OpenSpan, Stream } from './stream.js';
import { WrittenBegins } from './written-begins.js';

/** So many instants wait for an operation. One with more gets a track of its own and they are written. */
const MAX_HELD_INSTANTS = 64;
/** So many arguments can be added to an open span. */
const MAX_ARGUMENTS = 1000;
/** So many spans of a thread are held back. Beyond that, the oldest are drawn as they are. */
const MAX_HELD_SPANS = 10_000;

/**
 * Spans and async operations that are open, and the decision how each is drawn once it is over.
 *
 * - A span that ends on its own thread while it is the innermost one is a slice, `X`. Loose spans
 *   inside it that are still open do not count: they are meant to end elsewhere.
 * - Any other becomes an async pair, `b` and `e`: the track of a thread can only nest.
 */
export class OpenSpans {
  readonly drawing: Drawing;
  readonly written: WrittenBegins;
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #flows: FlowBinder;
  readonly #ids: IdSource;
  readonly #changed: ChangedSpans;
  readonly #tracks: AsyncTracks;
  readonly #named = new NamedSpans();
  readonly #maxOpen: number;
  /** How many are open, but for those written. */
  #open = 0;

  constructor(
    streams: ReadonlyMap<number, Stream>,
    format: TraceFormat,
    flows: FlowBinder,
    ids: IdSource,
    maxOpen: number,
    changed: ChangedSpans,
    noted: (note: Note) => void,
  ) {
    this.#streams = streams;
    this.#maxOpen = maxOpen;
    this.#flows = flows;
    this.#ids = ids;
    this.#changed = changed;
    this.#tracks = new AsyncTracks(ids, changed, (id) => this.find(id));
    this.drawing = new Drawing(format, this.#tracks);
    this.written = new WrittenBegins(format, this.#tracks, this.drawing, ids, noted);
  }

  /** How many spans and async operations are open. */
  get openCount(): number {
    return this.#open + this.written.count;
  }

  begin(span: OpenSpan): void {
    if (this.#open >= this.#maxOpen) this.#writeOldest();
    this.#open++;
    const { stream } = span;
    stream.spans.push(span);
    stream.openSpans++;
    this.#changed.add(span);
  }

  beginAsync(span: OpenSpan): void {
    if (this.#open >= this.#maxOpen) this.#writeOldest();
    this.#open++;
    span.stream.asyncs.add(span);
    this.#named.add(span);
    this.#tracks.of(span);
  }

  /** Takes a span off its thread's track: the function that it stands for goes on asynchronously. */
  detach(stream: Stream, beginNumber: number): void {
    const index = findSpan(stream, beginNumber);
    if (index < 0) return;
    const span = stream.spans[index];
    this.#flows.rebind(span, enclosing(stream, index));
    stream.spans.splice(index, 1);
    stream.openSpans--;
    sweepTop(stream);
    stream.asyncs.add(span);
    this.#changed.add(span);
    this.#tracks.of(span);
  }

  /**
   * Adds arguments to a span of this stream; they are lost if its begin is written already. False
   * where nothing of that number is open.
   */
  addArguments(stream: Stream, beginNumber: number, args: Arguments | undefined): boolean {
    const target = openSpanOf(stream, beginNumber) ?? stream.held.get(beginNumber);
    if (target === undefined) return this.written.has(idOf(stream.id, beginNumber));
    // Copied, as `releaseArena()` looks only after arguments that came with a begin.
    target.args = ownArguments(mergeArguments(target.args, args, MAX_ARGUMENTS));
    this.#changed.add('span' in target ? target.span : target);
    return true;
  }

  /**
   * Gives a span of this stream another name; too late if its begin is written already. False where
   * nothing of that number is open.
   */
  rename(stream: Stream, beginNumber: number, label: Label): boolean {
    const target = openSpanOf(stream, beginNumber) ?? stream.held.get(beginNumber)?.span;
    if (target === undefined) return this.written.has(idOf(stream.id, beginNumber));
    target.label = label;
    this.#changed.add(target);
    return true;
  }

  /** Ends what `stream` itself began. False where nothing of that number is open. */
  end(stream: Stream, beginNumber: number, time: number, args: Arguments | undefined): boolean {
    const span = openSpanOf(stream, beginNumber);
    if (span === undefined)
      return this.written.end(idOf(stream.id, beginNumber), stream, time, args);
    this.#end(span, stream, time, args);
    return true;
  }

  /** Ends a span by its id, on any thread. */
  endById(id: string | number, ender: Stream, time: number, args: Arguments | undefined): boolean {
    const span = this.find(id);
    if (span === undefined) return this.written.end(id, ender, time, args);
    this.#end(span, ender, time, args);
    return true;
  }

  /**
   * Like `end()`, for a span whose function goes on: it is held back until the function is over. One
   * whose begin is written already stays open until then.
   */
  endEarly(
    stream: Stream,
    beginNumber: number,
    time: number,
    args: Arguments | undefined,
  ): boolean {
    const span = openSpanOf(stream, beginNumber);
    if (span === undefined) return this.written.has(idOf(stream.id, beginNumber));
    const end = Math.max(time, span.start);
    const drawnAs = this.#close(span, stream, end);
    const { held } = stream;
    span.args = ownArguments(span.args);
    held.set(beginNumber, { span, drawnAs, end, args: ownArguments(args) });
    if (held.size > MAX_HELD_SPANS) this.#drawHeld(stream, held.values().next().value);
    return true;
  }

  /** Draws a span that was ended early, as its function is over now. */
  release(stream: Stream, beginNumber: number, time: number, args: Arguments | undefined): void {
    const held = stream.held.get(beginNumber);
    if (held === undefined) this.written.end(idOf(stream.id, beginNumber), stream, time, args);
    else {
      held.args = mergeArguments(held.args, args);
      this.#drawHeld(stream, held);
    }
  }

  /** Draws all spans that a stream holds back. */
  releaseAll(stream: Stream): void {
    for (const held of stream.held.values()) this.#drawHeld(stream, held);
  }

  #drawHeld(stream: Stream, held: HeldSpan | undefined): void {
    if (held === undefined) return;
    stream.held.delete(held.span.beginNumber);
    this.drawing.held(held);
    this.#changed.end(held.span);
  }

  /** Makes a span that was ended early an open async operation: it turns out to go on. */
  resume(stream: Stream, beginNumber: number): void {
    const held = stream.held.get(beginNumber);
    if (held === undefined) return;
    stream.held.delete(beginNumber);
    const { span, args } = held;
    this.#flows.rebind(span, undefined);
    span.args = mergeArguments(span.args, args);
    // What goes on after its call has returned runs inside of it.
    if (span.lineage?.id === undefined) span.lineage = asCall(span.id, span.lineage);
    // When another span was open inside of it, its ended self still stands among the spans of the thread.
    // It is to be among the operations only.
    dropOne(span);
    span.ended = false;
    span.track = undefined;
    this.#open++;
    this.#changed.add(span);
    stream.asyncs.add(span);
    this.#tracks.of(span);
  }

  /** A span on a track of its own that is known from begin to end. */
  drawLone(
    stream: Stream,
    label: Label,
    start: number,
    end: number,
    args: Arguments | undefined,
  ): void {
    this.drawing.lonePair(stream, label, this.#ids.next(), start, end, args);
  }

  /**
   * Marks a moment of the operation with an id. Gives the point back where it has to wait; false
   * where nothing of that id is open.
   */
  instant(id: string | number, point: HeldInstant): HeldInstant | undefined | false {
    const span = this.find(id);
    if (span === undefined) return this.written.instant(id, point) ? undefined : false;
    const { stream, beginNumber } = span;
    const isAsync = stream.asyncs.get(beginNumber) === span;
    const track = this.#tracks.of(span);
    if (isAsync && this.#tracks.isSettled(span)) {
      this.drawing.instantOn(track, point);
      return undefined;
    }
    // The operation may still move to another track: the instant waits, to be written on that.
    span.instants ??= [];
    span.instants.push(point);
    this.#changed.add(span);
    if (isAsync && span.instants.length === MAX_HELD_INSTANTS) {
      this.#tracks.detach(span);
      this.drawing.instants(span);
      span.instants = undefined;
    }
    return point;
  }

  /** All that are open, by the time at which they began. */
  inOrder(): OpenSpan[] {
    const all: OpenSpan[] = [];
    for (const stream of this.#streams.values()) {
      for (const span of stream.spans) if (!span.ended) all.push(span);
      for (const span of stream.asyncs.values()) all.push(span);
    }
    return all.sort((a, b) => a.start - b.start);
  }

  /** All that are open or held back, to be noted and drawn anew. */
  changeAll(): void {
    for (const { held } of this.#streams.values()) {
      for (const { span } of held.values()) this.#changed.add(span);
    }
    for (const span of this.inOrder()) this.#changed.add(span);
  }

  /** Takes over what another writer has left open or held back. */
  restore(noted: readonly NotedSpan[], restorer: Restorer): void {
    for (const one of noted) {
      const { span, isAsync, held } = restorer.span(one);
      const { stream, beginNumber } = span;
      if (held !== undefined) {
        stream.held.set(beginNumber, held);
        continue;
      }
      this.#open++;
      if (isAsync) stream.asyncs.add(span);
      else {
        stream.spans.push(span);
        stream.openSpans++;
      }
      this.#tracks.restore(span);
      this.#named.add(span);
    }
    this.changeAll();
  }

  #end(span: OpenSpan, ender: Stream, time: number, args: Arguments | undefined): void {
    const end = Math.max(time, span.start);
    if (this.#close(span, ender, end) === 'slice') this.drawing.slice(span, end, args);
    else this.drawing.pair(span, ender, end, args);
    this.#changed.end(span);
  }

  /** The open span with an id; the user's ids come before those that were given out. */
  find(id: string | number): OpenSpan | undefined {
    const named = this.#named.find(id);
    if (named !== undefined) return named;
    if (typeof id !== 'number' || id < ID_BASE) return undefined;
    const stream = this.#streams.get(streamOf(id));
    const span = stream && openSpanOf(stream, beginNumberOf(id) | 0);
    // Of one that has an id of the user's, this one was not given out.
    return span?.key === undefined ? span : undefined;
  }

  /** Takes a span off everything that is open, and decides how it is drawn. */
  #close(span: OpenSpan, ender: Stream, end: number): HeldSpan['drawnAs'] {
    const { stream, beginNumber } = span;
    this.#open--;
    this.#changed.add(span);
    if (stream.asyncs.get(beginNumber) === span) {
      stream.asyncs.delete(beginNumber);
      this.#named.remove(span);
    } else if (stream === ender && this.#isInnermost(span)) {
      stream.spans.pop();
      stream.openSpans--;
      span.ended = true;
      sweepTop(stream);
      stream.history.add(span.start, end);
      this.#tracks.leaveUndrawn(span);
      return 'slice';
    } else {
      const index = findSpan(stream, beginNumber);
      this.#flows.rebind(span, enclosing(stream, index));
      stream.openSpans--;
      span.ended = true;
      sweepTop(stream);
      sweepAll(stream);
    }
    span.ended = true;
    this.#tracks.leave(span, end);
    return 'pair';
  }

  /**
   * Whether a span is the innermost open one of its thread. Loose spans inside it do not count: they
   * become async operations here, and leave the thread's track.
   */
  #isInnermost(span: OpenSpan): boolean {
    const { stream, beginNumber, loose } = span;
    const { spans } = stream;
    if (last(spans) === span) return true;
    if (loose) return false;
    const index = findSpan(stream, beginNumber);
    const inner = spans.slice(index + 1).filter(({ ended }) => !ended);
    if (!inner.every((other) => other.loose)) return false;
    for (const other of inner) {
      this.#flows.rebind(other, span);
      stream.asyncs.add(other);
      // Now, and not when it is drawn for the first time, which may be by a flush.
      this.#tracks.of(other);
      this.#changed.add(other);
    }
    stream.openSpans -= inner.length;
    spans.length = index + 1;
    return true;
  }

  /** Writes the begins of the older half of what is open, so that memory stays bounded. */
  #writeOldest(): void {
    const oldest = this.inOrder().slice(0, this.#maxOpen / 2);
    for (const span of oldest) {
      const { stream, beginNumber, key } = span;
      if (!stream.asyncs.delete(beginNumber)) {
        this.#flows.rebind(span, undefined);
        stream.openSpans--;
      }
      span.ended = true;
      this.#changed.add(span);
      this.written.write(span);
      if (key === undefined && span.track !== undefined) this.#tracks.leave(span, span.start);
    }
    this.#named.removeEnded(oldest);
    this.#tracks.leaveNamed(oldest);
    this.#open -= oldest.length;
    for (const stream of this.#streams.values()) {
      // The written ones, which are marked as ended. They go now: the sweep that comes with the end of a
      // span may never come.
      if (stream.spans.length > stream.openSpans) dropEnded(stream);
    }
  }
}

/** What a stream has open under a number. */
function openSpanOf(stream: Stream, beginNumber: number): OpenSpan | undefined {
  const { spans } = stream;
  // Spans mostly end in the order in which they nest: the innermost one is looked at first.
  const innermost = last(spans);
  if (innermost?.beginNumber === beginNumber) return innermost;
  const operation = stream.asyncs.get(beginNumber);
  if (operation !== undefined) return operation;
  const index = findSpan(stream, beginNumber);
  return index < 0 ? undefined : spans[index];
}
