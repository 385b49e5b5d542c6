import { OWN_CATEGORY } from '../../trace-event/lineage.js';
import type { Arguments, AsyncPlace, FileId, Label, TraceFormat } from '../format/format.js';
import { textArgument } from './argument-list.js';
import { mergeArguments } from './arguments.js';
import type { AsyncTracks } from './async-tracks.js';
import type { AsyncTrack, HeldInstant, HeldSpan, OpenSpan, Stream } from './stream.js';

/** So many categories are kept as arguments. */
const MAX_CATEGORIES = 1000;

/**
 * How spans look in the file. Everything that becomes an event together with a span is written
 * here: its arguments, its instants, the flow points in it.
 */
export class Drawing {
  readonly #format: TraceFormat;
  readonly #tracks: AsyncTracks;
  /** Of each label, what was last made of it in another category: so it is encoded only once. */
  readonly #recast = new WeakMap<Label, Label>();
  /** The argument that tells of each category. */
  readonly #ownCategories = new Map<string, Arguments>();

  constructor(format: TraceFormat, tracks: AsyncTracks) {
    this.#format = format;
    this.#tracks = tracks;
  }

  /** A span that is over, on the track of its thread. */
  slice(span: OpenSpan, end: number, args: Arguments | undefined): void {
    const { stream, label, start, lineage, flows } = span;
    const all = mergeArguments(span.args, args);
    this.#format.complete(stream, label, start, end - start, all, lineage, flows);
    this.#threadInstants(span);
  }

  /** A span that is over, on an async track. */
  pair(span: OpenSpan, ender: Stream, end: number, args: Arguments | undefined): void {
    const { stream, label, start } = span;
    const track = this.#tracks.of(span);
    const category = this.#tracks.categoryOf(track);
    const shown = this.#in(category, label);
    const beginArgs = this.#withOwnCategory(span.args, label.category, category);
    this.#format.async('b', stream, shown, track, start, beginArgs, span.lineage, span.flows);
    this.instants(span);
    this.#format.async('e', ender, shown, track, end, args, undefined);
  }

  /** A span that was never open here, on an async track of its own. */
  lonePair(
    stream: Stream,
    label: Label,
    id: FileId,
    start: number,
    end: number,
    args: Arguments | undefined,
  ): void {
    const place = { id, name: label.name, outer: undefined };
    this.#format.async('b', stream, label, place, start, args, stream.inside?.lineage);
    this.#format.async('e', stream, label, place, end, undefined, undefined);
  }

  /** A span that was ended early, and whose function is over now. */
  held({ span, drawnAs, end, args }: HeldSpan): void {
    if (drawnAs === 'slice') this.slice(span, end, args);
    else this.pair(span, span.stream, end, args);
  }

  /** The begin of an open span, for good. Gives the label that its end will have to have. */
  begin(span: OpenSpan, place: AsyncPlace, category: string): Label {
    const { stream, label, start } = span;
    const shown = this.#in(category, label);
    const args = this.#withOwnCategory(span.args, label.category, category);
    this.#format.async('b', stream, shown, place, start, args, span.lineage, span.flows);
    for (const point of span.instants ?? []) this.#asyncInstant(point, place, category);
    return shown;
  }

  /** An instant of an operation, on its track. */
  instantOn(track: AsyncTrack, point: HeldInstant): void {
    this.#asyncInstant(point, track, this.#tracks.categoryOf(track));
  }

  /** The instants that an operation has held back. */
  instants(span: OpenSpan): void {
    if (span.instants === undefined) return;
    const track = this.#tracks.of(span);
    for (const point of span.instants) this.instantOn(track, point);
  }

  /** A span that is open, as it looks now. Only for the provisional end of the file, or the last one. */
  unfinished(span: OpenSpan): void {
    const { stream, beginNumber, label, start, args, lineage, flows } = span;
    if (stream.asyncs.get(beginNumber) === span) {
      const track = this.#tracks.of(span);
      const category = this.#tracks.likelyCategoryOf(track);
      const shown = this.#in(category, label);
      const beginArgs = this.#withOwnCategory(args, label.category, category);
      this.#format.async('b', stream, shown, track, start, beginArgs, lineage, flows);
      for (const point of span.instants ?? []) this.#asyncInstant(point, track, category);
      return;
    }
    this.#format.unfinished(stream, label, start, args, lineage, flows);
    this.#threadInstants(span);
  }

  /** Viewers look for the instants of an operation in its category only. */
  #asyncInstant(point: HeldInstant, place: AsyncPlace, category: string): void {
    const { stream, label, time, args } = point;
    this.#format.async('n', stream, this.#in(category, label), place, time, args, undefined);
  }

  #threadInstants({ instants }: OpenSpan): void {
    for (const { stream, label, time, args } of instants ?? []) {
      this.#format.instant(stream, label, time, 't', args, undefined);
    }
  }

  #in(category: string, label: Label): Label {
    if (label.category === category) return label;
    let shown = this.#recast.get(label);
    if (shown?.category !== category) {
      shown = { thread: label.thread, name: label.name, category, encoded: undefined };
      this.#recast.set(label, shown);
    }
    return shown;
  }

  /** Adds the operation's own category to its arguments where it is drawn in another one. */
  #withOwnCategory(args: Arguments | undefined, own: string, shown: string): Arguments | undefined {
    if (own === shown) return args;
    let argument = this.#ownCategories.get(own);
    if (argument === undefined) {
      if (this.#ownCategories.size === MAX_CATEGORIES) this.#ownCategories.clear();
      argument = textArgument(OWN_CATEGORY, own);
      this.#ownCategories.set(own, argument);
    }
    return mergeArguments(argument, args);
  }
}
