import type { Arguments, AsyncPlace, Label, TraceFormat } from '../format/format.js';
import type { AsyncTracks } from './async-tracks.js';
import type { Drawing } from './drawing.js';
import type { IdSource } from './ids.js';
import type { Note, WrittenBegin, WrittenEnd } from './state.js';
import type { HeldInstant, OpenSpan, Stream } from './stream.js';

/** So many are remembered. Beyond that, the oldest are forgotten, and their ends match nothing. */
const MAX_REMEMBERED = 100_000;

/**
 * Spans that are open, but whose begin stands in the file for good: there were too many to keep.
 * Each is on an async track of its own. To write the end of one later, only its label and its id in
 * the file are needed, so only those are kept: as the note that the journal gets.
 */
export class WrittenBegins {
  readonly #format: TraceFormat;
  readonly #tracks: AsyncTracks;
  readonly #drawing: Drawing;
  readonly #ids: IdSource;
  readonly #begins = new Map<string | number, WrittenBegin>();
  /** More of them under the same id, which the program gave: the newest last. */
  readonly #others = new Map<string | number, WrittenBegin[]>();
  /** How many there are in both. */
  #known = 0;
  readonly #noted: (note: Note) => void;
  /** How many there are, those forgotten included. */
  count = 0;

  constructor(
    format: TraceFormat,
    tracks: AsyncTracks,
    drawing: Drawing,
    ids: IdSource,
    noted: (note: Note) => void,
  ) {
    this.#format = format;
    this.#tracks = tracks;
    this.#drawing = drawing;
    this.#ids = ids;
    this.#noted = noted;
  }

  /** Writes the begin of an open span. */
  write(span: OpenSpan): void {
    const { key, label, track } = span;
    const id = key ?? span.id;
    const isOwn = track !== undefined && (key !== undefined || track.stack[0] === span);
    const fileId = isOwn ? track.id : undefined;
    const category = isOwn ? this.#tracks.categoryOf(track) : label.category;
    const place = {
      id: fileId ?? this.#ids.derived(Number(id)),
      name: label.name,
      outer: track?.outer,
    };
    const shown = this.#drawing.begin(span, place, category);
    const begin: WrittenBegin = [id, shown.name, shown.category, fileId];
    this.#add(begin);
    this.#noted(begin);
    if (this.#known > MAX_REMEMBERED + MAX_REMEMBERED / 4) this.#forgetOldest();
  }

  /** Many at once: a Map takes the longer to find its first key, the more were deleted before it. */
  #forgetOldest(): void {
    for (const id of this.#begins.keys()) {
      const others = this.#others.get(id) ?? [];
      this.#known -= others.splice(0, this.#known - MAX_REMEMBERED).length;
      if (others.length === 0) this.#others.delete(id);
      if (this.#known === MAX_REMEMBERED) return;
      this.#begins.delete(id);
      this.#known--;
    }
  }

  /** Whether the id is one of these. */
  has(id: string | number): boolean {
    return this.#begins.has(id);
  }

  /** False where the id is none of these. */
  end(id: string | number, ender: Stream, time: number, args: Arguments | undefined): boolean {
    const begin = this.#begins.get(id);
    if (begin === undefined) return false;
    const [, name, category] = begin;
    const label: Label = { thread: ender, name, category, encoded: undefined };
    this.#format.async('e', ender, label, this.#place(begin), time, args, undefined);
    this.#remove(id);
    this.#noted([id]);
    return true;
  }

  /** Marks a moment of one; false where the id is none of these. */
  instant(id: string | number, { stream, label, time, args }: HeldInstant): boolean {
    const begin = this.#begins.get(id);
    if (begin === undefined) return false;
    const [, , category] = begin;
    const shown = { ...label, category, encoded: undefined };
    this.#format.async('n', stream, shown, this.#place(begin), time, args, undefined);
    return true;
  }

  /** They are in the file no more. */
  clear(): void {
    this.#begins.clear();
    this.#others.clear();
    this.#known = 0;
  }

  /** Notes of all that are remembered; of one id, in the order in which they began. */
  *notes(): Generator<Note> {
    for (const [id, begin] of this.#begins) {
      yield* this.#others.get(id) ?? [];
      yield begin;
    }
  }

  /** Takes over what another writer has noted. */
  restore(note: WrittenBegin | WrittenEnd): void {
    if (note.length === 1) this.#remove(note[0]);
    else this.#add(note);
  }

  /** How many are open of which nothing is known any more. */
  get forgotten(): number {
    return this.count - this.#known;
  }

  #add(begin: WrittenBegin): void {
    const [id] = begin;
    const other = this.#begins.get(id);
    if (other !== undefined) this.#pushOther(id, other);
    this.#begins.set(id, begin);
    this.#known++;
    this.count++;
  }

  #remove(id: string | number): void {
    this.count--;
    this.#known--;
    const others = this.#others.get(id);
    const other = others?.pop();
    if (other === undefined) this.#begins.delete(id);
    else this.#begins.set(id, other);
    if (others?.length === 0) this.#others.delete(id);
  }

  #pushOther(id: string | number, begin: WrittenBegin): void {
    const others = this.#others.get(id);
    if (others === undefined) this.#others.set(id, [begin]);
    else others.push(begin);
  }

  #place([id, name, , track]: WrittenBegin): AsyncPlace {
    // Those that the program named always have one. What is around it was written with its begin.
    return { id: track ?? this.#ids.derived(Number(id)), name, outer: undefined };
  }
}
