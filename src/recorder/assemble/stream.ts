import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';
import type { ArgumentList, FlowPhase, Key, Label, Thread } from '../format/format.js';
import { SliceHistory } from './slice-history.js';
import type { Definition, StreamState } from './state.js';

const OWN_CATEGORY = 'tracelane';

/** A chunk that holds something of a stream's, as a pass found it. */
export interface PendingChunk {
  readonly chunk: number;
  /** Its place in the stream. */
  readonly sequence: number;
  /** Next word to read when the pass began, and the word behind the last one committed. */
  readonly start: number;
  readonly end: number;
  /** Events up to there, those before `start` included. */
  readonly events: number;
  /** Nothing more will be committed. */
  readonly sealed: boolean;
}

/** What the writer knows of one recording thread. */
export class Stream implements Thread {
  readonly id: number;
  readonly pid: number;
  /** Known from the stream's first record. */
  tid = 0;
  parentTid = 0;
  readonly labels: (Label | undefined)[] = [];
  readonly keys: (Key | undefined)[] = [];
  /** Spans of this thread that are open, the innermost last, and some that are over: see there. */
  readonly spans: Operation[] = [];
  /** Spans among them that are still open. */
  openSpans = 0;
  /** Async operations that this thread began and that are open, by sequence number. */
  readonly asyncs = new Map<number, Operation>();
  readonly history = new SliceHistory();
  /** Pieces of JSON that wait for the record that they belong to. */
  fragments: Uint8Array[] = [];
  /** The last time given out: the next is later. */
  lastTime = -1;
  /** Its thread writes no more. */
  ended = false;
  /** Place in the stream of the first chunk that was not given back. */
  nextChunk = 1;

  /** Chunks with something to read, in order; what `drain.ts` keeps of the pass that it is in. */
  pending: PendingChunk[] = [];
  /** Which of them is being read, the next word to read in it, and where it ends. */
  cursor = 0;
  position = 0;
  limit = 0;
  /** Time of the record at `position`; Infinity where there is none. */
  headTime = Number.POSITIVE_INFINITY;

  constructor(id: number, pid: number) {
    this.id = id;
    this.pid = pid;
  }

  /** A time as an integer, later than all before it: no two events of a thread share one. */
  tick(time: number): number {
    this.lastTime = time > this.lastTime ? time : this.lastTime + 1;
    return this.lastTime;
  }

  define({ kind, index, name, category }: Definition): void {
    if (kind === 'key') this.keys[index] = { name, encoded: undefined };
    else this.labels[index] = { thread: this, name, category, encoded: undefined };
  }

  /** All that was defined. Neither list has an entry for each index. */
  definitions(): Definition[] {
    const all: Definition[] = [];
    this.labels.forEach((label, index) => {
      if (label === undefined) return;
      const { name, category } = label;
      all.push({ kind: 'label', stream: this.id, index, name, category });
    });
    this.keys.forEach((key, index) => {
      if (key === undefined) return;
      all.push({ kind: 'key', stream: this.id, index, name: key.name, category: '' });
    });
    return all;
  }

  /** What another writer knew of it, but for its definitions and what is open. */
  restore({ tid, parentTid, lastTime, ended, nextChunk, fragments }: StreamState): void {
    this.tid = tid;
    this.parentTid = parentTid;
    this.lastTime = lastTime;
    this.ended = ended;
    this.nextChunk = nextChunk;
    this.fragments = [...fragments];
    this.history.forget(lastTime);
  }

  /** A label as it was defined; a stand-in for one that never was. */
  label(index: number): Label {
    return this.labels[index] ?? { thread: this, name: '?', category: '?', encoded: undefined };
  }

  /** A label for an event that tracelane itself adds. */
  ownLabel(name: string): Label {
    return { thread: this, name, category: OWN_CATEGORY, encoded: undefined };
  }

  /** The JSON that came in pieces right before a record. */
  takeFragments(): Uint8Array | undefined {
    if (this.fragments.length === 0) return undefined;
    const whole = Buffer.concat(this.fragments);
    this.fragments = [];
    return whole;
  }

  /** Nothing can refer to this stream any more. */
  get forgettable(): boolean {
    return this.ended && this.openSpans === 0 && this.asyncs.size === 0;
  }
}

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
