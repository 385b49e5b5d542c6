import type { ArgumentList, Key, Label } from '../format/format.js';
import type {
  ArgumentsState,
  LabelState,
  OperationState,
  PointState,
  StreamState,
  TrackState,
} from './state.js';
import type { Operation, Stream, Track } from './stream.js';

/** Turns what the writer holds into plain data. One for each checkpoint. */
export class Saver {
  readonly #labels = new Map<Label, LabelState>();
  readonly #tracks = new Map<Track, TrackState>();

  stream(stream: Stream): StreamState {
    const { id, tid, parentTid, lastTime, ended, nextChunk, fragments } = stream;
    const spans = stream.spans.filter((span) => !span.ended).map((span) => this.#operation(span));
    const asyncs = Array.from(stream.asyncs.values(), (operation) => this.#operation(operation));
    return { id, tid, parentTid, lastTime, ended, nextChunk, fragments, spans, asyncs };
  }

  label(label: Label): LabelState {
    let state = this.#labels.get(label);
    if (state === undefined) {
      state = labelState(label);
      this.#labels.set(label, state);
    }
    return state;
  }

  #operation(operation: Operation): OperationState {
    const { sequence, label, start, args, parent, loose, key, track, instants, flows } = operation;
    return [
      sequence,
      this.label(label),
      start,
      saveArguments(args),
      parent,
      loose,
      key,
      track && this.#track(track),
      track === undefined ? -1 : track.stack.lastIndexOf(operation),
      instants?.map((point) => this.#point(point)),
      flows?.map((point) => ({ ...this.#point(point), phase: point.phase, id: point.id })),
    ];
  }

  #track(track: Track): TrackState {
    let state = this.#tracks.get(track);
    if (state === undefined) {
      state = { id: track.id, filled: track.filled };
      this.#tracks.set(track, state);
    }
    return state;
  }

  #point(point: {
    stream: Stream;
    label: Label;
    time: number;
    args: ArgumentList | undefined;
  }): PointState {
    const { stream, label, time, args } = point;
    return { stream: stream.id, label: this.label(label), time, args: saveArguments(args) };
  }
}

/** The way back. One for each checkpoint. */
export class Restorer {
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #labels = new Map<LabelState, Label>();
  readonly #tracks = new Map<TrackState, Track>();

  constructor(streams: ReadonlyMap<number, Stream>) {
    this.#streams = streams;
  }

  /** The operations of a stream; the tracks that they stand on are whole when all are restored. */
  operations(stream: Stream, states: readonly OperationState[]): Operation[] {
    return states.map((state) => this.#operation(stream, state));
  }

  label(state: LabelState): Label {
    let label = this.#labels.get(state);
    if (label === undefined) {
      const { stream, name, category } = state;
      // One whose stream is gone belongs to none that could use what is encoded of it.
      const thread = this.#streams.get(stream) ?? { pid: 0, tid: 0 };
      label = { thread, name, category, encoded: undefined };
      this.#labels.set(state, label);
    }
    return label;
  }

  #operation(stream: Stream, state: OperationState): Operation {
    const [sequence, label, start, args, parent, loose, key, track, place, instants, flows] = state;
    const operation: Operation = {
      stream,
      sequence,
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
    if (operation.track !== undefined) operation.track.stack[place] = operation;
    return operation;
  }

  #track(state: TrackState): Track {
    let track = this.#tracks.get(state);
    if (track === undefined) {
      track = { id: state.id, stack: [], filled: state.filled };
      this.#tracks.set(state, track);
    }
    return track;
  }

  #point(state: PointState) {
    // A thread that has ended may be known no more: the point is drawn on another one then.
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

export function labelState({ thread, name, category }: Label): LabelState {
  return { stream: (thread as Stream).id, name, category };
}

function saveArguments(args: ArgumentList | undefined): ArgumentsState | undefined {
  if (args === undefined) return undefined;
  return { words: args.int32.slice(args.at << 1, args.end << 1), long: args.long };
}

function restoreArguments(
  state: ArgumentsState | undefined,
  keys: readonly (Key | undefined)[],
): ArgumentList | undefined {
  if (state === undefined) return undefined;
  // A copy, aligned as doubles want it.
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
