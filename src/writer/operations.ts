import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';
import type { ArgumentList, Label, TraceFormat } from '../format/format.js';
import type { FlowBinder } from './flows.js';
import type { IdSource } from './ids.js';
import type { InstantPoint, Operation, Track } from './operation.js';
import type { Stream } from './stream.js';

/** Spans that are over are swept out of a stream's list when there are so many, and half of it. */
const SWEEP = 64;

/** Instants that an operation holds back; one with more gets a track of its own. */
const MAX_HELD_INSTANTS = 64;

/** What a begin brings. */
export interface Beginning {
  readonly stream: Stream;
  readonly sequence: number;
  readonly label: Label;
  readonly start: number;
  readonly args: ArgumentList | undefined;
  /** Id of the operation in which this one was started; 0 for none. */
  readonly parent: number;
  readonly loose: boolean;
}

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

  constructor(
    streams: ReadonlyMap<number, Stream>,
    format: TraceFormat,
    flows: FlowBinder,
    ids: IdSource,
  ) {
    this.#streams = streams;
    this.#format = format;
    this.#flows = flows;
    this.#ids = ids;
  }

  begin(beginning: Beginning): Operation {
    const operation = open(beginning, undefined);
    const { stream } = beginning;
    stream.spans.push(operation);
    stream.openSpans++;
    return operation;
  }

  beginAsync(beginning: Beginning, key: string | number | undefined): Operation {
    const operation = open(beginning, key);
    beginning.stream.asyncs.set(beginning.sequence, operation);
    if (key !== undefined) {
      const same = this.#named.get(key);
      if (same === undefined) this.#named.set(key, [operation]);
      else same.push(operation);
    }
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
    return this.#endOutOfOrder(stream, sequence, stream, time, args);
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
    if (operation === undefined) return false;
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
   * Marks a moment of an operation. Where its track may still change it waits: a viewer takes an
   * instant to the operation only on the same track. It is given back if it does.
   */
  instant(operation: Operation, point: InstantPoint): InstantPoint | undefined {
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
    const { stream, sequence, key } = operation;
    operation.ended = true;
    stream.asyncs.delete(sequence);
    if (key !== undefined) {
      const same = this.#named.get(key) as Operation[];
      same.splice(same.indexOf(operation), 1);
      if (same.length === 0) this.#named.delete(key);
    }
    this.#writeOperation(operation, ender, time, args);
    this.#leaveTrack(operation);
    return true;
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

function open(beginning: Beginning, key: string | number | undefined): Operation {
  const { stream, sequence, label, start, args, parent, loose } = beginning;
  return {
    stream,
    sequence,
    label,
    start,
    args,
    parent,
    loose,
    key,
    track: undefined,
    instants: undefined,
    flows: undefined,
    ended: false,
  };
}

function newTrack(id: string, stack: Operation[] = []): Track {
  return { id, stack, filled: 0 };
}

/** Index of an open span in its stream's list, or -1: by bisection, as numbers only go up. */
function findSpan({ spans }: Stream, sequence: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    // As a difference in 32 bits: right also where the numbers have gone round.
    const difference = (spans[middle].sequence - sequence) | 0;
    if (difference === 0) return spans[middle].ended ? -1 : middle;
    if (difference < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The innermost open span outside of the one at `index`. */
function enclosing({ spans }: Stream, index: number): Operation | undefined {
  let i = index - 1;
  while (i >= 0 && spans[i].ended) i--;
  return spans[i];
}

/** Keeps the last span of the list an open one. */
function sweepTop({ spans }: Stream): void {
  while (spans.length > 0 && spans[spans.length - 1].ended) spans.pop();
}

function sweepAll(stream: Stream): void {
  const { spans, openSpans } = stream;
  const over = spans.length - openSpans;
  if (over < SWEEP || over < openSpans) return;
  let to = 0;
  for (const span of spans) if (!span.ended) spans[to++] = span;
  spans.length = to;
}
