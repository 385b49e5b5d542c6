import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';
import type { ArgumentList, FlowPhase, Label } from '../format/format.js';
import type { Stream } from './stream.js';

/** A span or an async operation that has begun. */
export interface Operation {
  readonly stream: Stream;
  readonly sequence: number;
  readonly label: Label;
  readonly start: number;
  args: ArgumentList | undefined;
  /** Begun by `beginSpan()`: made to end elsewhere, so it gives way to a span that is not. */
  readonly loose: boolean;
  /** Id of the operation in which this one was started; 0 for none. */
  readonly parent: number;
  /** Its place among async operations; a span has one only if it holds some, or becomes one. */
  track: Track | undefined;
  /** The id that the user gave it. */
  readonly key: string | number | undefined;
  /** Its instants, while its track may still change: written with it. */
  instants: InstantPoint[] | undefined;
  /** Flow events right inside this span: written with it, so that they are in a slice. */
  flows: FlowPoint[] | undefined;
  ended: boolean;
}

/** The id by which the program knows an operation that it gave none. */
export function idOf({ stream, sequence }: Pick<Operation, 'stream' | 'sequence'>): number {
  return ID_BASE + stream.id * ID_STREAM_FACTOR + (sequence >>> 0);
}

/** Async events with the same id: a stack, as viewers draw it. */
export interface Track {
  readonly id: string;
  readonly stack: Operation[];
  /** When the last operation that was written on it ended. */
  filled: number;
}

export interface InstantPoint {
  readonly stream: Stream;
  readonly label: Label;
  readonly time: number;
  args: ArgumentList | undefined;
}

export interface FlowPoint {
  readonly phase: FlowPhase;
  readonly stream: Stream;
  readonly label: Label;
  readonly id: string;
  readonly time: number;
  args: ArgumentList | undefined;
}

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

/** An operation that has just begun. */
export function begun(beginning: Beginning, key: string | number | undefined): Operation {
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

export function newTrack(id: string, stack: Operation[] = []): Track {
  return { id, stack, filled: 0 };
}
