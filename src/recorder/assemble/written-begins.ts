import type { Arguments, Label, TraceFormat } from '../format/format.js';
import type { AsyncTracks } from './async-tracks.js';
import type { Drawing } from './drawing.js';
import type { IdSource } from './ids.js';
import { labelState, type Restorer } from './save.js';
import type { LabelState, Note, WrittenBegin, WrittenEnd } from './state.js';
import { type HeldInstant, idOf, type OpenSpan, type Stream } from './stream.js';

/** So many are remembered. Beyond that, the oldest are forgotten, and their ends match nothing. */
const MAX_REMEMBERED = 100_000;

/**
 * Spans that are open, but whose begin stands in the file for good: there were too many to keep.
 * Each is on an async track of its own. To write the end of one later, only its label is needed,
 * so only that is kept.
 */
export class WrittenBegins {
  readonly #format: TraceFormat;
  readonly #tracks: AsyncTracks;
  readonly #drawing: Drawing;
  readonly #ids: IdSource;
  /** Labels, as they stand in the file, by the id in the program. */
  readonly #labels = new Map<string | number, Label>();
  /** Where the program began several under one id of its own: labels of the earlier ones. */
  readonly #others = new Map<string | number, Label[]>();
  /** Their ids in the file, where those are not computed of the ids in the program. */
  readonly #fileIds = new Map<string | number, string>();
  /** What notes hold of a label: one object for each, so that it is serialised only once. */
  readonly #states = new WeakMap<Label, LabelState>();
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
    const id = key ?? idOf(span);
    const isOwn = track !== undefined && (key !== undefined || track.stack[0] === span);
    if (isOwn) this.#fileIds.set(id, track.id);
    const category = isOwn ? this.#tracks.categoryOf(track) : label.category;
    const shown = this.#drawing.begin(span, this.#fileId(id), category);
    this.#add(id, shown);
    this.#noted({
      kind: 'begin',
      id,
      label: this.#state(shown),
      track: isOwn ? track.id : undefined,
    });
    if (this.#labels.size > MAX_REMEMBERED + MAX_REMEMBERED / 4) this.#forgetOldest();
  }

  /** Many at once: a Map takes the longer to find its first key, the more were deleted before it. */
  #forgetOldest(): void {
    for (const id of this.#labels.keys()) {
      if (this.#labels.size <= MAX_REMEMBERED) return;
      this.#forget(id);
    }
  }

  /** Whether the id is one of these. */
  has(id: string | number): boolean {
    return this.#labels.has(id);
  }

  /** False where the id is none of these. */
  end(id: string | number, ender: Stream, time: number, args: Arguments | undefined): boolean {
    const label = this.#labels.get(id);
    if (label === undefined) return false;
    this.#format.async('e', ender, label, this.#fileId(id), time, args);
    this.#remove(id);
    this.#noted({ kind: 'end', id });
    return true;
  }

  /** Marks a moment of one; false where the id is none of these. */
  instant(id: string | number, { stream, label, time, args }: HeldInstant): boolean {
    const begin = this.#labels.get(id);
    if (begin === undefined) return false;
    const shown = { ...label, category: begin.category, encoded: undefined };
    this.#format.async('n', stream, shown, this.#fileId(id), time, args);
    return true;
  }

  /** They are in the file no more. */
  clear(): void {
    this.#labels.clear();
    this.#others.clear();
    this.#fileIds.clear();
  }

  /** Notes of all that are remembered; of one id, in the order in which they began. */
  *notes(): Generator<Note> {
    for (const [id, label] of this.#labels) {
      const track = this.#fileIds.get(id);
      for (const other of [...(this.#others.get(id) ?? []), label]) {
        yield { kind: 'begin', id, label: this.#state(other), track };
      }
    }
  }

  /** Takes over what another writer has noted. */
  restore(note: WrittenBegin | WrittenEnd, restorer: Restorer): void {
    if (note.kind === 'end') {
      this.#remove(note.id);
      return;
    }
    if (note.track !== undefined) this.#fileIds.set(note.id, note.track);
    this.#add(note.id, restorer.label(note.label));
  }

  #add(id: string | number, label: Label): void {
    const other = this.#labels.get(id);
    if (other !== undefined) this.#pushOther(id, other);
    this.#labels.set(id, label);
    this.count++;
  }

  #remove(id: string | number): void {
    this.count--;
    const other = this.#others.get(id)?.pop();
    if (other === undefined) this.#forget(id);
    else this.#labels.set(id, other);
  }

  #state(label: Label): LabelState {
    let state = this.#states.get(label);
    if (state === undefined) {
      state = labelState(label);
      this.#states.set(label, state);
    }
    return state;
  }

  #fileId(id: string | number): string {
    // One that the program named is always in the table: its id need not be a number.
    return this.#fileIds.get(id) ?? this.#ids.derived(Number(id));
  }

  #pushOther(id: string | number, label: Label): void {
    const others = this.#others.get(id);
    if (others === undefined) this.#others.set(id, [label]);
    else others.push(label);
  }

  /** How many of the open ones were forgotten. */
  get forgotten(): number {
    let known = this.#labels.size;
    for (const others of this.#others.values()) known += others.length;
    return this.count - known;
  }

  #forget(id: string | number): void {
    this.#labels.delete(id);
    this.#others.delete(id);
    this.#fileIds.delete(id);
  }
}
