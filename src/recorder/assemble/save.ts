import { asObject } from '../format/argument-values.js';
import {
  type Arguments,
  type AsyncPlace,
  isArgumentList,
  type Key,
  type Label,
} from '../format/format.js';
import { listOf } from './argument-list.js';
import { restoreLineage, saveInside, saveLineage } from './lineage.js';
import type { NotedSpan } from './noted-open.js';
import type {
  ArgumentsState,
  FlowPointState,
  LabelState,
  OpenSpanState,
  PointState,
  SpanNote,
  StreamState,
  TrackState,
} from './state.js';
import {
  AsyncTrack,
  type HeldFlowPoint,
  type HeldInstant,
  type HeldSpan,
  isOver,
  OpenSpan,
  Stream,
} from './stream.js';

/** Turns what the assembler holds into plain data. One for the notes of each checkpoint. */
export class Saver {
  readonly #labels = new Map<Label, LabelState>();
  readonly #tracks = new Map<AsyncTrack, TrackState>();
  /** Arguments, one behind the other: a list for each would take the journal as long as all else. */
  #words = new Int32Array(0);
  #length = 0;

  /** What the journal has to be told of spans that have changed. */
  spans(changed: readonly OpenSpan[]): SpanNote | undefined {
    const open: OpenSpanState[] = [];
    const over: SpanNote['over'][number][] = [];
    for (const span of changed) {
      if (!isOver(span)) open.push(this.#span(span));
      else if (span.known) over.push([span.stream.id, span.beginNumber]);
    }
    if (open.length + over.length === 0) return undefined;
    return { kind: 'spans', words: this.#words.slice(0, this.#length), open, over };
  }

  label(label: Label): LabelState {
    let state = this.#labels.get(label);
    if (state === undefined) {
      state = labelState(label);
      this.#labels.set(label, state);
    }
    return state;
  }

  #span(span: OpenSpan): OpenSpanState {
    const { stream, beginNumber, label, start, args } = span;
    const { parent, loose, key, track, instants, flows } = span;
    return [
      stream.id,
      beginNumber,
      this.label(label),
      start,
      this.#arguments(args),
      parent,
      loose,
      key,
      track && this.#track(track),
      instants?.map((point) => this.#point(point, stream)),
      flows?.map((point) => this.#flowPoint(point, stream)),
      this.#standing(span),
      span.lineage && saveLineage(span.lineage),
    ];
  }

  #standing(span: OpenSpan): OpenSpanState[11] {
    const { stream, beginNumber } = span;
    if (!span.ended) return stream.asyncs.get(beginNumber) === span ? 'async' : 'thread';
    const { drawnAs, end, args } = stream.held.get(beginNumber) as HeldSpan;
    return { drawnAs, end, args: this.#arguments(args) };
  }

  #track(track: AsyncTrack): TrackState {
    let state = this.#tracks.get(track);
    if (state === undefined) {
      const { id, name, outer, category, filled } = track;
      state = [id, name, outer && placeState(outer), category, filled];
      this.#tracks.set(track, state);
    }
    return state;
  }

  /** A point that waits for a span of the stream `waitsIn`. */
  #point({ stream, label, time, args }: HeldInstant, waitsIn: Stream): PointState {
    // A stream is known for as long as spans of it wait. That of the point may be forgotten before
    // this note is read, and its keys with it.
    const saved = stream === waitsIn ? this.#arguments(args) : args && { object: asObject(args) };
    return { stream: stream.id, tid: stream.tid, label: this.label(label), time, args: saved };
  }

  #flowPoint(point: HeldFlowPoint, waitsIn: Stream): FlowPointState {
    return { ...this.#point(point, waitsIn), phase: point.phase, id: point.id, after: point.after };
  }

  #arguments(args: Arguments | undefined): ArgumentsState | undefined {
    if (args === undefined) return undefined;
    if (!isArgumentList(args) || args.more !== undefined) return { object: asObject(args) };
    const { int32, at, end, long } = args;
    const from = this.#length;
    const to = from + 2 * (end - at);
    if (to > this.#words.length) {
      const larger = new Int32Array(2 * to);
      larger.set(this.#words.subarray(0, from));
      this.#words = larger;
    }
    const words = this.#words;
    for (let i = from; i < to; i++) words[i] = int32[2 * at + i - from];
    this.#length = to;
    return [from, to, long];
  }
}

/** A span as another writer has left it. */
interface RestoredSpan {
  readonly span: OpenSpan;
  readonly isAsync: boolean;
  readonly held: HeldSpan | undefined;
}

/**
 * Turns the plain data of notes into spans, labels and tracks again. One for each checkpoint. Spans
 * come in the order in which they began: those on one track nest in this order.
 */
export class Restorer {
  readonly #streams: ReadonlyMap<number, Stream>;
  /** Stand-ins for those that are gone, as their threads have ended. */
  readonly #gone = new Map<number, Stream>();
  readonly #labels = new Map<LabelState, Label>();
  readonly #tracks = new Map<string, AsyncTrack>();

  constructor(streams: ReadonlyMap<number, Stream>) {
    this.#streams = streams;
  }

  label(state: LabelState): Label {
    let label = this.#labels.get(state);
    if (label === undefined) {
      const { stream, name, category } = state;
      // The stream may be gone. A stand-in will do: it only decides whether `encoded` can be used.
      const thread = this.#streams.get(stream) ?? { pid: 0, tid: 0 };
      label = { thread, name, category, encoded: undefined };
      this.#labels.set(state, label);
    }
    return label;
  }

  span({ state, words }: NotedSpan): RestoredSpan {
    const [id, beginNumber, label, start, args, parent, loose, key, ...rest] = state;
    const [track, instants, flows, standing, lineage] = rest;
    const stream = this.#streams.get(id) as Stream;
    const isHeld = typeof standing === 'object';
    const span = new OpenSpan(
      stream,
      beginNumber,
      this.label(label),
      start,
      restoreArguments(args, words, stream.keys),
      parent,
      lineage && restoreLineage(lineage),
      loose,
      key,
    );
    span.track = track && this.#track(track, key === undefined ? '' : label.category);
    span.instants = instants?.map((point) => this.#point(point, words, stream.pid));
    span.flows = flows?.map((point) => this.#flowPoint(point, words, stream.pid));
    span.ended = isHeld;
    span.known = true;
    if (!isHeld) {
      span.track?.stack.push(span);
      return { span, isAsync: standing === 'async', held: undefined };
    }
    const held = { ...standing, span, args: restoreArguments(standing.args, words, stream.keys) };
    return { span, isAsync: false, held };
  }

  /**
   * Several spans may tell of one track, each as it was when that span was noted. An id that the
   * program chose is another track in each category.
   */
  #track([id, name, outer, category, filled]: TrackState, keyCategory: string): AsyncTrack {
    const key = `${id} ${keyCategory}`;
    const track = this.#tracks.get(key) ?? new AsyncTrack(id, name, outer);
    this.#tracks.set(key, track);
    track.category ??= category;
    track.filled = Math.max(track.filled, filled);
    return track;
  }

  #point(state: PointState, words: Int32Array, pid: number): HeldInstant {
    const { label, time, args } = state;
    const stream = this.#streamOf(state, pid);
    return {
      stream,
      label: this.label(label),
      time,
      args: restoreArguments(args, words, stream.keys),
    };
  }

  #streamOf({ stream: id, tid }: PointState, pid: number): Stream {
    let stream = this.#streams.get(id) ?? this.#gone.get(id);
    if (stream === undefined) {
      stream = new Stream(id, pid);
      stream.tid = tid;
      this.#gone.set(id, stream);
    }
    return stream;
  }

  #flowPoint(state: FlowPointState, words: Int32Array, pid: number): HeldFlowPoint {
    return {
      ...this.#point(state, words, pid),
      phase: state.phase,
      id: state.id,
      after: state.after,
    };
  }
}

/** A track without what stands on it. */
function placeState({ id, name, outer }: AsyncPlace): AsyncPlace {
  return { id, name, outer: outer && placeState(outer) };
}

export function streamState(stream: Stream): StreamState {
  const { id, tid, parentTid, lastTime, ended, fragments } = stream;
  const inside = stream.inside && saveInside(stream.inside);
  return { id, tid, parentTid, lastTime, ended, fragments, inside };
}

/** A label without what a format made of it. */
function labelState({ thread, name, category }: Label): LabelState {
  return { stream: (thread as Stream).id, name, category };
}

function restoreArguments(
  state: ArgumentsState | undefined,
  words: Int32Array,
  keys: readonly (Key | undefined)[],
): Arguments | undefined {
  if (state === undefined || 'object' in state) return state?.object;
  const [from, to, long] = state;
  // A copy, so that it is aligned to 8 bytes, as doubles have to be.
  return listOf(new Int32Array(words.subarray(from, to)), keys, long);
}
