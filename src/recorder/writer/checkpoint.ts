import type { SeriesGroup } from '../assemble/counter-tracks.js';
import type { Operation, Track } from '../assemble/operation.js';
import type { Stream } from '../assemble/stream.js';
import type { ArgumentList, FlowPhase, Key, Label } from '../format/format.js';

/**
 * All that a writer knows, so that another one can go on where it was ended: as plain data, in
 * which what stood for one thing (a label, a track) is still one object.
 */
export interface Checkpoint extends AssemblerState {
  readonly file: FileState;
}

export interface AssemblerState {
  readonly streams: readonly StreamState[];
  readonly flows: FlowsState;
  readonly counters: ReadonlyMap<string, readonly SeriesGroup[]>;
  readonly lastId: number;
  readonly unmatched: number;
  readonly marked: number;
  /** Operations whose begins are written and forgotten: how many. */
  readonly forgotten: number;
}

/** What is told once, and of which there may be too much to tell it at each checkpoint. */
export type Note = Definition | WrittenBegin | WrittenEnd;

/** A label or a key of a stream. */
export interface Definition {
  readonly kind: 'label' | 'key';
  readonly stream: number;
  readonly index: number;
  readonly name: string;
  readonly category: string;
}

/** An operation whose begin stands in the file; see `written-begins.ts`. */
export interface WrittenBegin {
  readonly kind: 'begin';
  readonly id: string | number;
  readonly label: LabelState;
  /** If it had one. */
  readonly track: string | undefined;
}

export interface WrittenEnd {
  readonly kind: 'end';
  readonly id: string | number;
}

export interface FileState {
  /** Bytes that stand for good. */
  readonly kept: number;
  readonly failed: boolean;
  /** What the counters say once the chunks that were read are settled. */
  readonly written: bigint;
  readonly lost: bigint;
  readonly retired: bigint;
  readonly read: readonly ReadChunk[];
}

/** A chunk, and how far it has been read: to its end, and it goes back to the threads, or not. */
export interface ReadChunk {
  readonly chunk: number;
  readonly stream: number;
  readonly sequence: number;
  readonly consumed: number;
  readonly free: boolean;
  /** In a chunk that goes back. */
  readonly events: number;
}

export interface StreamState {
  readonly id: number;
  readonly tid: number;
  readonly parentTid: number;
  readonly lastTime: number;
  readonly ended: boolean;
  readonly nextChunk: number;
  readonly fragments: readonly Uint8Array[];
  readonly spans: readonly OperationState[];
  readonly asyncs: readonly OperationState[];
}

/** An array, as there may be many of them. */
export type OperationState = readonly [
  sequence: number,
  label: LabelState,
  start: number,
  args: ArgumentsState | undefined,
  parent: number,
  loose: boolean,
  key: string | number | undefined,
  track: TrackState | undefined,
  place: number,
  instants: readonly PointState[] | undefined,
  flows: readonly FlowPointState[] | undefined,
];

export interface LabelState {
  readonly stream: number;
  readonly name: string;
  readonly category: string;
}

export interface TrackState {
  readonly id: string;
  readonly filled: number;
}

export interface ArgumentsState {
  readonly words: Int32Array;
  readonly long: Uint8Array | undefined;
}

export interface PointState {
  readonly stream: number;
  readonly label: LabelState;
  readonly time: number;
  readonly args: ArgumentsState | undefined;
}

export interface FlowPointState extends PointState {
  readonly phase: FlowPhase;
  readonly id: string;
}

/** Open flows: by what the program knows them by, and the ids in the file. */
export interface FlowsState {
  readonly given: readonly (readonly [number, LabelState, string])[];
  readonly named: readonly (readonly [string | number, LabelState, string])[];
}

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
