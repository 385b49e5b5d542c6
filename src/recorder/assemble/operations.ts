import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';
import type { ArgumentList, Label, TraceFormat } from '../format/format.js';
import type { FlowBinder } from './flows.js';
import type { IdSource } from './ids.js';
import type { Restorer } from './save.js';
import { dropEnded, enclosing, findSpan, sweepAll, sweepTop } from './span-list.js';
import type { Note, StreamState } from './state.js';
import type { Stream } from './stream.js';
import {
  type Beginning,
  begun,
  type InstantPoint,
  idOf,
  newTrack,
  type Operation,
  type Track,
} from './stream.js';
import { WrittenBegins } from './written-begins.js';

/** Instants that an operation holds back; one with more gets a track of its own. */
const MAX_HELD_INSTANTS = 64;

/**
 * Spans and async operations that are open, and the decision how each is drawn once it is over.
 *
 * - A span that ends on its own thread while it is the innermost one is a slice, `X`. Loose spans
 *   inside it that are still open do not count: they are meant to end elsewhere.
 * - Any other becomes an async pair, `b` and `e`: the track of a thread can only nest.
 * - An async operation shares the track of the one it was started in if nothing else is open
 *   there, so that viewers nest it; otherwise it gets a track of its own.
 */
export class Operations {
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #format: TraceFormat;
  readonly #flows: FlowBinder;
  readonly #ids: IdSource;
  /** Open async operations with an id of the user's: the last one begun ends first. */
  readonly #named = new Map<string | number, Operation[]>();
  readonly written: WrittenBegins;
  readonly #maxOpen: number;
  /** Operations that are open, but for those written. */
  #open = 0;

  constructor(
    streams: ReadonlyMap<number, Stream>,
    format: TraceFormat,
    flows: FlowBinder,
    ids: IdSource,
    maxOpen: number,
    noted: (note: Note) => void,
  ) {
    this.#streams = streams;
    this.#maxOpen = maxOpen;
    this.#format = format;
    this.#flows = flows;
    this.#ids = ids;
    this.written = new WrittenBegins(format, ids, noted);
  }

  /** How many spans and async operations are open. */
  get openCount(): number {
    return this.#open + this.written.count;
  }

  begin(beginning: Beginning): Operation {
    if (this.#open >= this.#maxOpen) this.#writeOldest();
    this.#open++;
    const operation = begun(beginning, undefined);
    const { stream } = beginning;
    stream.spans.push(operation);
    stream.openSpans++;
    return operation;
  }

  beginAsync(beginning: Beginning, key: string | number | undefined): Operation {
    if (this.#open >= this.#maxOpen) this.#writeOldest();
    this.#open++;
    const operation = begun(beginning, key);
    beginning.stream.asyncs.set(beginning.sequence, operation);
    if (key !== undefined) this.#addNamed(key, operation);
    this.trackOf(operation);
    return operation;
  }

  /** The innermost span was a call that goes on: it leaves the thread's track. */
  detach(stream: Stream, sequence: number): void {
    const index = findSpan(stream, sequence);
    const span = stream.spans[index];
    if (span === undefined) return;
    this.#flows.rebind(span, enclosing(stream, index));
    stream.spans.splice(index, 1);
    stream.openSpans--;
    sweepTop(stream);
    stream.asyncs.set(sequence, span);
    this.trackOf(span);
  }

  /** Ends what `stream` itself began. False where nothing of that number is open. */
  end(stream: Stream, sequence: number, time: number, args: ArgumentList | undefined): boolean {
    const { spans } = stream;
    const last = spans.length - 1;
    if (last >= 0 && spans[last].sequence === sequence) {
      const span = spans.pop() as Operation;
      stream.openSpans--;
      sweepTop(stream);
      this.#endSlice(span, time, args);
      return true;
    }
    const operation = stream.asyncs.get(sequence);
    if (operation !== undefined) return this.#endAsync(operation, stream, time, args);
    if (this.#setLooseFree(stream, sequence)) return this.end(stream, sequence, time, args);
    if (this.#endOutOfOrder(stream, sequence, stream, time, args)) return true;
    return this.written.end(idOf({ stream, sequence }), stream, time, args);
  }

  /** If nothing but loose spans is open inside a span, they leave the track of the thread. */
  #setLooseFree(stream: Stream, sequence: number): boolean {
    const { spans } = stream;
    const index = findSpan(stream, sequence);
    if (index < 0 || spans[index].loose) return false;
    const inner = spans.slice(index + 1).filter(({ ended }) => !ended);
    if (!inner.every(({ loose }) => loose)) return false;
    for (const span of inner) {
      this.#flows.rebind(span, spans[index]);
      stream.asyncs.set(span.sequence, span);
    }
    stream.openSpans -= inner.length;
    spans.length = index + 1;
    return true;
  }

  /** Ends an operation by its id, on any thread. */
  endById(
    id: string | number,
    ender: Stream,
    time: number,
    args: ArgumentList | undefined,
  ): boolean {
    const operation = this.find(id);
    if (operation === undefined) return this.written.end(id, ender, time, args);
    const { stream, sequence } = operation;
    if (stream === ender) return this.end(stream, sequence, time, args);
    if (stream.asyncs.get(sequence) === operation) {
      return this.#endAsync(operation, ender, time, args);
    }
    return this.#endOutOfOrder(stream, sequence, ender, time, args);
  }

  /** The open operation with an id; the user's ids come before those that were given out. */
  find(id: string | number): Operation | undefined {
    const named = this.#named.get(id);
    if (named !== undefined) return named[named.length - 1];
    if (typeof id !== 'number' || id < ID_BASE) return undefined;
    const stream = this.#streams.get(Math.floor((id - ID_BASE) / ID_STREAM_FACTOR));
    if (stream === undefined) return undefined;
    const sequence = (id % ID_STREAM_FACTOR) | 0;
    return stream.asyncs.get(sequence) ?? stream.spans[findSpan(stream, sequence)];
  }

  /** Where an operation stands among async events; decided when it is first asked for. */
  trackOf(operation: Operation): Track {
    if (operation.track !== undefined) return operation.track;
    const { key, parent } = operation;
    let track: Track | undefined;
    if (key !== undefined) {
      const [first] = this.#named.get(key) as Operation[];
      track = first.track ?? newTrack(this.#ids.named(key));
    } else if (parent !== 0) {
      const outer = this.find(parent);
      // It began before: what does not look so comes from a damaged record.
      if (outer !== undefined && outer.key === undefined && outer.start < operation.start) {
        const shared = this.trackOf(outer);
        const free = shared.stack[shared.stack.length - 1] === outer;
        // A span comes here when it is over, or goes on: others may have been there since it began.
        if (free && operation.start >= shared.filled) track = shared;
      }
    }
    track ??= newTrack(this.#ids.next());
    track.stack.push(operation);
    operation.track = track;
    return track;
  }

  /** A span on a track of its own that is known from begin to end. */
  writePair(
    stream: Stream,
    label: Label,
    start: number,
    end: number,
    args: ArgumentList | undefined,
  ): void {
    const id = this.#ids.next();
    this.#format.async('b', stream, label, id, start, args);
    this.#format.async('e', stream, label, id, end, undefined);
  }

  /**
   * Marks a moment of the operation with an id, in its category: viewers look for it there only.
   * Gives the point back where it has to wait; false where nothing of that id is open.
   */
  instant(id: string | number, point: InstantPoint): InstantPoint | undefined | false {
    const operation = this.find(id);
    const written = operation === undefined ? this.written.find(id) : undefined;
    const label = operation?.label ?? written?.label;
    if (label === undefined) return false;
    const shown = { ...point.label, category: label.category, encoded: undefined };
    if (operation !== undefined) return this.#instantOf(operation, { ...point, label: shown });
    const { stream, time, args } = point;
    this.#format.async('n', stream, shown, (written as { track: string }).track, time, args);
    return undefined;
  }

  /** Where the operation's track may still change the instant waits, to stay on the same one. */
  #instantOf(operation: Operation, point: InstantPoint): InstantPoint | undefined {
    const { stream, sequence, key } = operation;
    const track = this.trackOf(operation);
    const settled = key !== undefined || track.stack[0] === operation;
    if (settled && stream.asyncs.get(sequence) === operation) {
      this.#format.async('n', point.stream, point.label, track.id, point.time, point.args);
      return undefined;
    }
    operation.instants ??= [];
    operation.instants.push(point);
    if (operation.instants.length === MAX_HELD_INSTANTS && stream.asyncs.has(sequence)) {
      this.#moveToOwnTrack(track, track.stack.lastIndexOf(operation));
      this.writeInstants(operation);
      operation.instants = undefined;
    }
    return point;
  }

  /** Writes the instants that an operation has held back. */
  writeInstants(operation: Operation): void {
    if (operation.instants === undefined) return;
    const { id } = this.trackOf(operation);
    for (const { stream, label, time, args } of operation.instants) {
      this.#format.async('n', stream, label, id, time, args);
    }
  }

  #endSlice(span: Operation, time: number, args: ArgumentList | undefined): void {
    const { stream, start, track } = span;
    span.ended = true;
    this.#open--;
    // It was never drawn on the track: what was started in it stays there.
    if (track !== undefined) track.stack.splice(track.stack.lastIndexOf(span), 1);
    this.#format.complete(stream, span.label, start, time - start, span.args, args);
    stream.history.add(start, time);
    this.#flows.write(span);
    for (const point of span.instants ?? []) {
      this.#format.instant(point.stream, point.label, point.time, 't', point.args);
    }
  }

  #endOutOfOrder(
    stream: Stream,
    sequence: number,
    ender: Stream,
    time: number,
    args: ArgumentList | undefined,
  ): boolean {
    const index = findSpan(stream, sequence);
    const span = stream.spans[index];
    if (span === undefined) return false;
    this.#flows.rebind(span, enclosing(stream, index));
    span.ended = true;
    this.#open--;
    stream.openSpans--;
    sweepTop(stream);
    sweepAll(stream);
    this.#writeOperation(span, ender, time, args);
    this.#leaveTrack(span);
    return true;
  }

  #endAsync(
    operation: Operation,
    ender: Stream,
    time: number,
    args: ArgumentList | undefined,
  ): boolean {
    operation.ended = true;
    this.#open--;
    this.#removeAsync(operation);
    this.#writeOperation(operation, ender, time, args);
    this.#leaveTrack(operation);
    return true;
  }

  #addNamed(key: string | number, operation: Operation): void {
    const same = this.#named.get(key);
    if (same === undefined) this.#named.set(key, [operation]);
    else same.push(operation);
  }

  #removeAsync(operation: Operation): void {
    const { stream, sequence, key } = operation;
    stream.asyncs.delete(sequence);
    if (key === undefined) return;
    const same = this.#named.get(key) as Operation[];
    same.splice(same.indexOf(operation), 1);
    if (same.length === 0) this.#named.delete(key);
  }

  /** Takes over what another writer has left open. */
  restore(states: readonly StreamState[], restorer: Restorer): void {
    for (const { id, spans, asyncs } of states) {
      const stream = this.#streams.get(id) as Stream;
      stream.spans.push(...restorer.operations(stream, spans));
      stream.openSpans = spans.length;
      for (const operation of restorer.operations(stream, asyncs)) {
        stream.asyncs.set(operation.sequence, operation);
      }
      this.#open += spans.length + asyncs.length;
    }
    for (const operation of this.inOrder()) {
      if (operation.key !== undefined) this.#addNamed(operation.key, operation);
    }
  }

  /** All that are open, by the time at which they began. */
  inOrder(): Operation[] {
    const all: Operation[] = [];
    for (const stream of this.#streams.values()) {
      for (const span of stream.spans) if (!span.ended) all.push(span);
      for (const operation of stream.asyncs.values()) all.push(operation);
    }
    return all.sort((a, b) => a.start - b.start);
  }

  /** Bounds the memory of a program that begins and does not end. */
  #writeOldest(): void {
    const oldest = this.inOrder().slice(0, this.#maxOpen / 2);
    for (const operation of oldest) {
      const { stream, sequence, key, track } = operation;
      const isSpan = stream.asyncs.get(sequence) !== operation;
      const ownTrack = key !== undefined || track?.stack[0] === operation;
      if (isSpan) {
        this.#flows.rebind(operation, undefined);
        stream.openSpans--;
      } else this.#removeAsync(operation);
      operation.ended = true;
      this.written.write(operation, ownTrack ? track?.id : undefined);
      this.#leaveTrack(operation);
    }
    this.#open -= oldest.length;
    for (const stream of this.#streams.values()) {
      // Ended ones may stand between those that are open: none is kept in a list this long.
      if (stream.spans.length > stream.openSpans) dropEnded(stream);
    }
  }

  #writeOperation(
    operation: Operation,
    ender: Stream,
    time: number,
    args: ArgumentList | undefined,
  ): void {
    const { stream, label, start } = operation;
    const track = this.trackOf(operation);
    const end = Math.max(time, start);
    this.#format.async('b', stream, label, track.id, start, operation.args);
    this.writeInstants(operation);
    this.#format.async('e', ender, label, track.id, end, args);
    track.filled = end;
  }

  /**
   * Takes an operation off its track. What was started in it and outlives it moves to a track of
   * its own, or viewers would cut it off at the end of the operation around it.
   */
  #leaveTrack(operation: Operation): void {
    const { track, key } = operation;
    if (track === undefined) return;
    const { stack } = track;
    const index = stack.lastIndexOf(operation);
    if (index < 0) return;
    if (key !== undefined) {
      stack.splice(index, 1);
      return;
    }
    stack.splice(index, 1);
    if (index < stack.length) this.#moveToOwnTrack(track, index);
  }

  /** Moves what stands from `index` on upwards to a new track. */
  #moveToOwnTrack(track: Track, index: number): void {
    const moved = newTrack(this.#ids.next(), track.stack.splice(index));
    for (const operation of moved.stack) operation.track = moved;
  }
}
