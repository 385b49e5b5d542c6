import type { FlowNote, FlowState, OpenSpanState, SpanNote } from './state.js';

/** A span as it was noted last, and the words of that note. */
export interface NotedSpan {
  readonly state: OpenSpanState;
  readonly words: Int32Array;
}

/** What is open by the notes of another writer, which are taken in the order in which it made them. */
export class NotedOpen {
  readonly #spans = new Map<string, NotedSpan>();
  readonly #flows = new Map<string, FlowState>();

  take(note: SpanNote | FlowNote): void {
    if (note.kind === 'spans') {
      for (const [stream, beginNumber] of note.over) this.#spans.delete(`${stream} ${beginNumber}`);
      const { open, words } = note;
      for (const state of open) this.#spans.set(`${state[0]} ${state[1]}`, { state, words });
    } else {
      for (const [key, isNamed] of note.ended) this.#flows.delete(nameOf(key, isNamed));
      for (const flow of note.started) this.#flows.set(nameOf(flow[0], flow[1]), flow);
    }
  }

  /** In the order in which they began. */
  get spans(): NotedSpan[] {
    return Array.from(this.#spans.values()).sort((a, b) => a.state[3] - b.state[3]);
  }

  get flows(): Iterable<FlowState> {
    return this.#flows.values();
  }
}

function nameOf(key: string | number, isNamed: boolean): string {
  return `${isNamed} ${typeof key} ${key}`;
}
