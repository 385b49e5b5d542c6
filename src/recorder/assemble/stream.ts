import { Buffer } from 'node:buffer';
import { idOf } from '../arena/records.js';
import type {
  Arguments,
  AsyncPlace,
  FileId,
  FlowPoint,
  Key,
  Label,
  Lineage,
  Thread,
} from '../format/format.js';
import { type Inside, restoreInside } from './lineage.js';
import { SliceHistory } from './slice-history.js';
import { SpanTable } from './span-table.js';
import type { Definition, StreamState } from './state.js';

const TRACELANE_CATEGORY = 'tracelane';

/** What the assembler knows of one recording thread. */
export class Stream implements Thread {
  readonly id: number;
  readonly pid: number;
  /** Known from the stream's first record. */
  tid = 0;
  parentTid = 0;
  readonly labels: (Label | undefined)[] = [];
  readonly keys: (Key | undefined)[] = [];
  /** Open spans of this thread, the innermost last; ended ones among them are swept out in time. */
  readonly spans: OpenSpan[] = [];
  /** How many of them are still open. */
  openSpans = 0;
  /** Async operations that this thread began and that are open, by their begin numbers. */
  readonly asyncs = new SpanTable<OpenSpan>();
  /** Spans that have ended but are not drawn yet, by their begin numbers: see {@link HeldSpan}. */
  readonly held = new Map<number, HeldSpan>();
  readonly history = new SliceHistory();
  /** The call to which its thread's records belong now. */
  inside: Inside | undefined;
  /** Pieces of JSON that wait for the record that they belong to. */
  fragments: Uint8Array[] = [];
  /** The last time that was given out: the next one is later. */
  lastTime = -1;
  /** Whether its thread has ended, and records no more. */
  ended = false;

  constructor(id: number, pid: number) {
    this.id = id;
    this.pid = pid;
  }

  /** A time as an integer, later than all before it: no two events of a thread share one. */
  tick(time: number): number {
    this.lastTime = time > this.lastTime ? time : this.lastTime + 1;
    return this.lastTime;
  }

  /** Keeps so many nanoseconds behind the last time free: the next one given out comes later. */
  reserve(nanoseconds: number): void {
    this.lastTime += nanoseconds;
  }

  define({ kind, index, name, category }: Definition): void {
    if (kind === 'key') this.keys[index] = { name, encoded: undefined };
    else this.labels[index] = { thread: this, name, category, encoded: undefined };
  }

  /** Notes of all labels and keys. Both lists have holes, where a definition was dropped. */
  *definitions(): Generator<Definition> {
    for (const [index, label] of this.labels.entries()) {
      if (label === undefined) continue;
      const { name, category } = label;
      yield { kind: 'label', stream: this.id, index, name, category };
    }
    for (const [index, key] of this.keys.entries()) {
      if (key === undefined) continue;
      yield { kind: 'key', stream: this.id, index, name: key.name, category: '' };
    }
  }

  /** Takes over what another writer knew of it, except its definitions and its open spans. */
  restore({ tid, parentTid, lastTime, ended, fragments, inside }: StreamState): void {
    this.tid = tid;
    this.parentTid = parentTid;
    this.lastTime = lastTime;
    this.ended = ended;
    this.fragments = [...fragments];
    this.inside = inside && restoreInside(inside);
    this.history.forget(lastTime);
  }

  /** The label of a number, or a stand-in where none was defined. */
  label(index: number): Label {
    return this.labels[index] ?? { thread: this, name: '?', category: '?', encoded: undefined };
  }

  /** A label for an event that tracelane itself adds. */
  ownLabel(name: string): Label {
    return { thread: this, name, category: TRACELANE_CATEGORY, encoded: undefined };
  }

  /** The JSON that came in pieces right before a record. */
  takeFragments(): Uint8Array | undefined {
    if (this.fragments.length === 0) return undefined;
    const whole = Buffer.concat(this.fragments);
    this.fragments = [];
    return whole;
  }

  /** Whether nothing can refer to this stream any more. */
  get forgettable(): boolean {
    return this.ended && this.openSpans === 0 && this.asyncs.size === 0 && this.held.size === 0;
  }
}

/** A span or an async operation that has begun. */
export class OpenSpan {
  readonly stream: Stream;
  readonly beginNumber: number;
  /** Its category stays what it was: tracks are known by that. */
  label: Label;
  readonly start: number;
  args: Arguments | undefined;
  /** Id of the call in which it was begun; 0 for none. */
  readonly parent: number;
  /** What its events say of the calls that it is, and belongs to. */
  lineage: Lineage | undefined;
  /** Begun by `beginSpan()`: likely to end elsewhere, so it does not hold up spans around it. */
  readonly loose: boolean;
  /** The id that the user gave it. */
  readonly key: string | number | undefined;
  /** Its async track; a span of a thread has one once an operation was started in it. */
  track: AsyncTrack | undefined = undefined;
  /** Instants that wait until its track cannot change any more. */
  instants: HeldInstant[] | undefined = undefined;
  /** Flow points that wait until this span is drawn, so that they lie in a slice. */
  flows: HeldFlowPoint[] | undefined = undefined;
  ended = false;
  /** Its place among the `ChangedSpans`; -1 where it is not among them. */
  changedAt = -1;
  /** Whether the journal, and maybe the file, tell of it as open. */
  known = false;

  constructor(
    stream: Stream,
    beginNumber: number,
    label: Label,
    start: number,
    args: Arguments | undefined,
    parent: number,
    lineage: Lineage | undefined,
    loose: boolean,
    key: string | number | undefined,
  ) {
    this.stream = stream;
    this.beginNumber = beginNumber;
    this.label = label;
    this.start = start;
    this.args = args;
    this.parent = parent;
    this.lineage = lineage;
    this.loose = loose;
    this.key = key;
  }

  /** The id by which the program knows it, if it gave none of its own. */
  get id(): number {
    return idOf(this.stream.id, this.beginNumber);
  }
}

/** Whether a span has ended and is drawn: neither open nor held back. */
export function isOver(span: OpenSpan): boolean {
  return span.ended && span.stream.held.get(span.beginNumber)?.span !== span;
}

/**
 * A span that was ended before the function that it stands for was over. It is drawn when that is
 * over, as it may still get the error that the function throws, or turn out to go on.
 */
export interface HeldSpan {
  readonly span: OpenSpan;
  /** How it will be drawn: as a slice of its thread, or as an async pair. */
  readonly drawnAs: 'slice' | 'pair';
  readonly end: number;
  args: Arguments | undefined;
}

/** Async events of one category and id: to viewers a stack, in which the inner ones nest. */
export class AsyncTrack implements AsyncPlace {
  readonly id: FileId;
  readonly name: string;
  readonly outer: AsyncPlace | undefined;
  /** The category of all events on it; undefined until one is written. */
  category: string | undefined = undefined;
  /** What is open on it, the innermost last. */
  readonly stack: OpenSpan[] = [];
  /** End of the last operation that was drawn on it. */
  filled = 0;

  constructor(id: FileId, name: string, outer: AsyncPlace | undefined) {
    this.id = id;
    this.name = name;
    this.outer = outer;
  }
}

export interface HeldInstant {
  readonly stream: Stream;
  readonly label: Label;
  readonly time: number;
  args: Arguments | undefined;
}

export interface HeldFlowPoint extends FlowPoint {
  readonly stream: Stream;
  args: Arguments | undefined;
}
