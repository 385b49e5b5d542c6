import type { AsyncPlace } from '../format/format.js';
import type { ChangedSpans } from './changed-spans.js';
import type { IdSource } from './ids.js';
import { last } from './span-list.js';
import { AsyncTrack, type OpenSpan } from './stream.js';

/** So many tracks lie inside each other. */
const MAX_DEPTH = 16;

/**
 * Where async operations are drawn. An operation shares the track of the one in which it was
 * started if nothing else is open there, so that viewers nest it; otherwise it gets a track of its
 * own. Viewers know a track by its category and its id: all events on a track have the category of
 * the outermost operation there, whatever their own is.
 */
export class AsyncTracks {
  readonly #ids: IdSource;
  readonly #changed: ChangedSpans;
  readonly #find: (id: number) => OpenSpan | undefined;
  /** Tracks of operations that the user gave an id, by id and category, while one of them is open. */
  readonly #named = new Map<string, AsyncTrack>();

  /** `find` gives an open span by its id. */
  constructor(ids: IdSource, changed: ChangedSpans, find: (id: number) => OpenSpan | undefined) {
    this.#ids = ids;
    this.#changed = changed;
    this.#find = find;
  }

  /** The track of a span; decided when it is first asked for. */
  of(span: OpenSpan): AsyncTrack {
    if (span.track !== undefined) return span.track;
    const track = span.key === undefined ? this.#trackInParent(span) : this.#namedTrack(span);
    track.stack.push(span);
    span.track = track;
    this.#changed.add(span);
    return track;
  }

  /** Whether a span will stay on its track, so that events of it can be written there already. */
  isSettled(span: OpenSpan): boolean {
    return span.key !== undefined || this.of(span).stack[0] === span;
  }

  /** The category of the events on a track, which it has for good from now on. */
  categoryOf(track: AsyncTrack): string {
    if (track.category === undefined) {
      track.category = this.likelyCategoryOf(track);
      this.#trackChanged(track);
    }
    return track.category;
  }

  /** The same as it looks now, for events that are not written for good. */
  likelyCategoryOf({ category, stack }: AsyncTrack): string {
    return category ?? stack[0]?.label.category ?? '';
  }

  /**
   * Takes a span off its track, on which it is drawn up to `end`. What was started in it and
   * outlives it moves to a track of its own, or viewers would cut it off there.
   */
  leave(span: OpenSpan, end: number): void {
    const track = this.of(span);
    const { stack } = track;
    // Before the outermost span may be gone, whose category it is.
    this.categoryOf(track);
    track.filled = Math.max(track.filled, end);
    const index = stack.lastIndexOf(span);
    if (index === stack.length - 1) stack.pop();
    else stack.splice(index, 1);
    if (span.key !== undefined) {
      if (stack.length === 0) this.#named.delete(nameOf(span.key, span.label.category));
    } else if (index < stack.length) this.#moveToOwnTrack(track, index);
    this.#trackChanged(track);
  }

  /** Takes those of many spans that have an id of the program's off their tracks, where they were begun. */
  leaveNamed(spans: readonly OpenSpan[]): void {
    const tracks = new Map<AsyncTrack, string>();
    for (const { key, label, track, start } of spans) {
      if (key === undefined || track === undefined) continue;
      this.categoryOf(track);
      track.filled = Math.max(track.filled, start);
      tracks.set(track, nameOf(key, label.category));
    }
    for (const [track, name] of tracks) {
      const open = track.stack.filter(({ ended }) => !ended);
      track.stack.length = 0;
      for (const span of open) track.stack.push(span);
      if (open.length === 0) this.#named.delete(name);
      this.#trackChanged(track);
    }
  }

  /** Takes a span off its track that was not drawn there: what was started in it may stay. */
  leaveUndrawn(span: OpenSpan): void {
    const { track } = span;
    if (track === undefined) return;
    track.stack.splice(track.stack.lastIndexOf(span), 1);
    // The category of all of them may be another one now.
    for (const other of track.stack) this.#changed.add(other);
  }

  /** Gives a span, and what was started in it, a track of its own. */
  detach(span: OpenSpan): void {
    const track = this.of(span);
    this.#moveToOwnTrack(track, track.stack.lastIndexOf(span));
  }

  /** Takes over the track of an open span from another writer. */
  restore({ key, label, track }: OpenSpan): void {
    if (key !== undefined && track !== undefined) {
      this.#named.set(nameOf(key, label.category), track);
    }
  }

  #namedTrack({ key, label }: OpenSpan): AsyncTrack {
    const name = nameOf(key as string | number, label.category);
    let track = this.#named.get(name);
    if (track === undefined) {
      track = new AsyncTrack(this.#ids.named(key as string | number), label.name, undefined);
      this.#named.set(name, track);
    }
    return track;
  }

  /** That of the operation in which a span was begun, or a new one below it. */
  #trackInParent({ parent, start, label: { name } }: OpenSpan): AsyncTrack {
    const outer = parent === 0 ? undefined : this.#find(parent);
    // Only a damaged record names a parent that began later.
    if (outer === undefined || outer.key !== undefined || outer.start >= start) {
      return new AsyncTrack(this.#ids.next(), name, undefined);
    }
    const track = this.of(outer);
    const isFree = last(track.stack) === outer;
    // A span of a thread gets its track when it ends or is detached. What ended on its parent's track
    // since it began would overlap it there.
    return isFree && start >= track.filled
      ? track
      : new AsyncTrack(this.#ids.next(), name, within(track));
  }

  /** Moves what stands from `index` on upwards to a new track. */
  #moveToOwnTrack(track: AsyncTrack, index: number): void {
    const spans = track.stack.splice(index);
    const name = spans[0]?.label.name ?? '';
    const moved = new AsyncTrack(this.#ids.next(), name, within(track.outer ?? track));
    for (const span of spans) {
      moved.stack.push(span);
      span.track = moved;
      this.#changed.add(span);
    }
  }

  /** One of the spans on a track brings what is known of it into the journal. */
  #trackChanged({ stack }: AsyncTrack): void {
    const top = last(stack);
    if (top !== undefined) this.#changed.add(top);
  }
}

/** Viewers take the same id in another category for another track; 1 and '1' differ, too. */
function nameOf(key: string | number, category: string): string {
  return `${typeof key} ${key} ${category}`;
}

/**
 * What is around a new track. Operations may begin each other without end, each before the last one is
 * over: those deepest inside stand beside each other.
 */
function within(outer: AsyncPlace): AsyncPlace | undefined {
  let depth = 0;
  for (let place: AsyncPlace | undefined = outer; place !== undefined; place = place.outer) depth++;
  return depth > MAX_DEPTH ? outer.outer : outer;
}
