import { Buffer } from 'node:buffer';
import { type Arguments, isArgumentList, type Key, type Label } from '../format/format.js';
import type {
  ArgumentsState,
  FlowPointState,
  HeldSpanState,
  LabelState,
  OpenSpanState,
  PointState,
  StreamState,
  TrackState,
} from './state.js';
import type {
  AsyncTrack,
  HeldFlowPoint,
  HeldInstant,
  HeldSpan,
  OpenSpan,
  Stream,
} from './stream.js';

/** Turns what the assembler holds into plain data. One for each checkpoint. */
export class Saver {
  readonly #labels = new Map<Label, LabelState>();
  readonly #tracks = new Map<AsyncTrack, TrackState>();

  stream(stream: Stream): StreamState {
    const { id, tid, parentTid, lastTime, ended, fragments } = stream;
    const spans = stream.spans.filter((span) => !span.ended).map((span) => this.#span(span));
    const asyncs = Array.from(stream.asyncs.values(), (span) => this.#span(span));
    const held = Array.from(stream.held.values(), (span) => this.#held(span));
    return { id, tid, parentTid, lastTime, ended, fragments, spans, asyncs, held };
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
    const { beginNumber, label, start, args, parent, loose, key, track, instants, flows } = span;
    return [
      beginNumber,
      this.label(label),
      start,
      saveArguments(args),
      parent,
      loose,
      key,
      track && this.#track(track),
      track === undefined ? -1 : track.stack.lastIndexOf(span),
      instants?.map((point) => this.#point(point)),
      flows?.map((point) => this.#flowPoint(point)),
    ];
  }

  #held({ span, drawnAs, end, args }: HeldSpan): HeldSpanState {
    return { span: this.#span(span), drawnAs, end, args: saveArguments(args) };
  }

  #track(track: AsyncTrack): TrackState {
    let state = this.#tracks.get(track);
    if (state === undefined) {
      const { id, category, filled } = track;
      state = { id, category, filled };
      this.#tracks.set(track, state);
    }
    return state;
  }

  #point({ stream, label, time, args }: HeldInstant): PointState {
    return { stream: stream.id, label: this.label(label), time, args: saveArguments(args) };
  }

  #flowPoint(point: HeldFlowPoint): FlowPointState {
    return { ...this.#point(point), phase: point.phase, id: point.id };
  }
}

/** Turns the plain data of a checkpoint into spans, labels and tracks again. One for each checkpoint. */
export class Restorer {
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #labels = new Map<LabelState, Label>();
  readonly #tracks = new Map<TrackState, AsyncTrack>();

  constructor(streams: ReadonlyMap<number, Stream>) {
    this.#streams = streams;
  }

  /** The spans of a stream; the tracks that they stand on are whole when all are restored. */
  spans(stream: Stream, states: readonly OpenSpanState[]): OpenSpan[] {
    return states.map((state) => this.#span(stream, state));
  }

  held(stream: Stream, { span, drawnAs, end, args }: HeldSpanState): HeldSpan {
    const restored = this.#span(stream, span);
    restored.ended = true;
    return { span: restored, drawnAs, end, args: restoreArguments(args, stream.keys) };
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

  #span(stream: Stream, state: OpenSpanState): OpenSpan {
    const [beginNumber, label, start, args, parent, loose, key, track, place, instants, flows] =
      state;
    const span: OpenSpan = {
      stream,
      beginNumber,
      label: this.label(label),
      start,
      args: restoreArguments(args, stream.keys),
      parent,
      loose,
      key,
      track: track && this.#track(track),
      instants: instants?.map((point) => this.#point(point)),
      flows: flows?.map((point) => ({ ...this.#point(point), phase: point.phase, id: point.id })),
      ended: false,
    };
    // A span that is held back stands on its track no more.
    if (span.track !== undefined && place >= 0) span.track.stack[place] = span;
    return span;
  }

  #track(state: TrackState): AsyncTrack {
    let track = this.#tracks.get(state);
    if (track === undefined) {
      const { id, category, filled } = state;
      track = { id, category, stack: [], filled };
      this.#tracks.set(state, track);
    }
    return track;
  }

  #point(state: PointState): HeldInstant {
    // The stream of a thread that has ended may be gone: the point is then drawn on another thread.
    const [first] = this.#streams.values();
    const stream = this.#streams.get(state.stream) ?? first;
    const { label, time, args } = state;
    return {
      stream,
      label: this.label(label),
      time,
      args: restoreArguments(args, stream.keys),
    };
  }
}

/** A label without what a format made of it. */
export function labelState({ thread, name, category }: Label): LabelState {
  return { stream: (thread as Stream).id, name, category };
}

function saveArguments(args: Arguments | undefined): ArgumentsState | undefined {
  if (args === undefined) return undefined;
  if (!isArgumentList(args)) return { object: args };
  return { words: args.int32.slice(args.at << 1, args.end << 1), long: args.long };
}

function restoreArguments(
  state: ArgumentsState | undefined,
  keys: readonly (Key | undefined)[],
): Arguments | undefined {
  if (state === undefined || 'object' in state) return state?.object;
  // A copy, so that it is aligned to 8 bytes, as doubles have to be.
  const int32 = new Int32Array(state.words);
  return {
    int32,
    float64: new Float64Array(int32.buffer),
    bytes: Buffer.from(int32.buffer),
    at: 0,
    end: int32.length >> 1,
    keys,
    long: state.long,
  };
}
