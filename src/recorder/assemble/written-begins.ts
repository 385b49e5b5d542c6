import type { ArgumentList, Label, TraceFormat } from '../format/format.js';
import type { IdSource } from './ids.js';
import { labelState, type Restorer } from './save.js';
import type { LabelState, Note, WrittenBegin, WrittenEnd } from './state.js';
import type { Stream } from './stream.js';
import { idOf, type Operation } from './stream.js';

/** Beyond so many, the oldest are forgotten: their ends match nothing. */
const MAX_REMEMBERED = 100_000;

/**
 * Operations that are open, but whose begin stands in the file for good: there were too many to
 * keep. Each is on an async track of its own. Of one that never ends nothing else is to be known;
 * for the end of the others, their label is.
 */
export class WrittenBegins {
  readonly #format: TraceFormat;
  readonly #ids: IdSource;
  readonly #labels = new Map<string | number, Label>();
  /** Labels of more of them under the same id, which the program gave: the newest last. */
  readonly #others = new Map<string | number, Label[]>();
  /** Tracks of those that had one with events on it. */
  readonly #tracks = new Map<string | number, string>();
  /** Of the labels, for notes: one object each, which takes room only once. */
  readonly #states = new WeakMap<Label, LabelState>();
  readonly #noted: (note: Note) => void;
  /** How many there are, those forgotten included. */
  count = 0;

  constructor(format: TraceFormat, ids: IdSource, noted: (note: Note) => void) {
    this.#format = format;
    this.#ids = ids;
    this.#noted = noted;
  }

  /** Writes the begin. `track` is the id of the operation's own track, if it has one. */
  write(operation: Operation, track: string | undefined): void {
    const { stream, label, start, args, instants, key } = operation;
    const id = key ?? idOf(operation);
    this.#add(id, label, track);
    this.#noted({ kind: 'begin', id, label: this.#state(label), track });
    const shown = this.#track(id);
    this.#format.async('b', stream, label, shown, start, args);
    for (const point of instants ?? []) {
      this.#format.async('n', point.stream, point.label, shown, point.time, point.args);
    }
    if (this.#labels.size > MAX_REMEMBERED + MAX_REMEMBERED / 4) this.#forgetOldest();
  }

  /** A quarter at once: a Map finds its first key the slower, the more were deleted before it. */
  #forgetOldest(): void {
    for (const id of this.#labels.keys()) {
      if (this.#labels.size <= MAX_REMEMBERED) return;
      this.#forget(id);
    }
  }

  /** False where the id is none of these. */
  end(id: string | number, ender: Stream, time: number, args: ArgumentList | undefined): boolean {
    const label = this.#labels.get(id);
    if (label === undefined) return false;
    this.#format.async('e', ender, label, this.#track(id), time, args);
    this.#remove(id);
    this.#noted({ kind: 'end', id });
    return true;
  }

  /** Notes of all that are there; the newest of an id comes last. */
  *notes(): Generator<Note> {
    for (const [id, label] of this.#labels) {
      const track = this.#tracks.get(id);
      for (const other of [...(this.#others.get(id) ?? []), label]) {
        yield { kind: 'begin', id, label: this.#state(other), track };
      }
    }
  }

  /** Takes over what another writer has noted. */
  restore(note: WrittenBegin | WrittenEnd, restorer: Restorer): void {
    if (note.kind === 'end') this.#remove(note.id);
    else this.#add(note.id, restorer.label(note.label), note.track);
  }

  #add(id: string | number, label: Label, track: string | undefined): void {
    if (track !== undefined) this.#tracks.set(id, track);
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

  /** The label of one, and its track. */
  find(id: string | number): { label: Label; track: string } | undefined {
    const label = this.#labels.get(id);
    return label && { label, track: this.#track(id) };
  }

  #state(label: Label): LabelState {
    let state = this.#states.get(label);
    if (state === undefined) {
      state = labelState(label);
      this.#states.set(label, state);
    }
    return state;
  }

  #track(id: string | number): string {
    // Those that the program named always have one.
    return this.#tracks.get(id) ?? this.#ids.derived(Number(id));
  }

  #pushOther(id: string | number, label: Label): void {
    const others = this.#others.get(id);
    if (others === undefined) this.#others.set(id, [label]);
    else others.push(label);
  }

  /** How many are open of which nothing is known any more. */
  get forgotten(): number {
    let known = this.#labels.size;
    for (const others of this.#others.values()) known += others.length;
    return this.count - known;
  }

  #forget(id: string | number): void {
    this.#labels.delete(id);
    this.#others.delete(id);
    this.#tracks.delete(id);
  }
}
