import type { ChangedSpans } from './changed-spans.js';
import type { Flows } from './flows.js';
import { NotedOpen } from './noted-open.js';
import type { OpenSpans } from './open-spans.js';
import type { SaidOnce } from './said-once.js';
import { type Restorer, Saver } from './save.js';
import type { Note } from './state.js';
import type { Stream } from './stream.js';

/** All of which there are notes. */
export interface Noted {
  readonly streams: ReadonlyMap<number, Stream>;
  readonly saidOnce: SaidOnce;
  readonly open: OpenSpans;
  readonly changed: ChangedSpans;
  readonly flows: Flows;
}

/** What the journal has to be told. Where there is none, nothing is kept. */
export class NoteLog {
  readonly #journaled: boolean;
  /** Since `take()` was last called. */
  #notes: Note[] = [];

  constructor(journaled: boolean) {
    this.#journaled = journaled;
  }

  readonly add = (note: Note): void => {
    if (this.#journaled) this.#notes.push(note);
  };

  /**
   * What was noted since the last call, and what has changed; with `all`, notes of everything that
   * is still valid.
   */
  take(all: boolean, noted: Noted): Iterable<Note> {
    if (all) noted.open.changeAll();
    const changed = noted.changed.take();
    const saver = new Saver();
    const spans = this.#journaled ? saver.spans(changed) : undefined;
    // Only now: `saver.spans()` notes that a span is over only where it was known before.
    for (const span of changed) span.known = true;
    if (!this.#journaled) return [];
    const notes = this.#notes;
    this.#notes = [];
    const open = [spans, noted.flows.takeNote(saver, all)].filter((note) => note !== undefined);
    return all ? allNotes(noted, open) : [...notes, ...open];
  }
}

function* allNotes(
  { streams, open: { written }, saidOnce }: Noted,
  open: readonly Note[],
): Generator<Note> {
  for (const stream of streams.values()) yield* stream.definitions();
  yield* written.notes();
  yield* saidOnce.notes();
  yield* open;
}

/** Takes over what another writer has noted. `forgotten`: how many begins it had written and forgotten. */
export function restoreNotes(
  notes: readonly Note[],
  { streams, saidOnce, open, flows }: Noted,
  forgotten: number,
  restorer: Restorer,
): void {
  const { written } = open;
  const noted = new NotedOpen();
  for (const note of notes) {
    if (!('kind' in note)) written.restore(note);
    else if (note.kind === 'metadata') saidOnce.restore(note);
    else if (note.kind === 'spans' || note.kind === 'flows') noted.take(note);
    else streams.get(note.stream)?.define(note);
  }
  written.count += forgotten;
  open.restore(noted.spans, restorer);
  for (const flow of noted.flows) flows.restore(flow, restorer);
}
