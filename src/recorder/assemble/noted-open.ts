import type { FlowNote, FlowState, OpenSpanState, SpanNote } from './state.js';

/** What is open by the notes of another writer, which are taken in the order in which it made them. */
export class NotedOpen {
  readonly #spans = new Map<string, OpenSpanState>();
  readonly #flows = new Map<string, FlowState>();

  take(note: SpanNote | FlowNote): void {
    if (note.kind === 'spans') {
      for (const [stream, beginNumber] of note.over) this.#spans.delete(`${stream} ${beginNumber}`);
      for (const span of note.open) this.#spans.set(`${span[0]} ${span[1]}`, span);
    } else {
      for (const [key, isNamed] of note.ended) this.#flows.delete(nameOf(key, isNamed));
      for (const flow of note.started) this.#flows.set(nameOf(flow[0], flow[1]), flow);
    }
  }

  /** In the order in which they began. */
  get spans(): OpenSpanState[] {
    return Array.from(this.#spans.values()).sort((a, b) => a[3] - b[3]);
  }

  get flows(): Iterable<FlowState> {
    return this.#flows.values();
  }
}

function nameOf(key: string | number, isNamed: boolean): string {
  return `${isNamed} ${typeof key} ${key}`;
}
