import { type ListHandlers, ListReader, type TextFacts } from './list-reader.js';
import type { FlowPhases } from './perfetto/flow-phases.js';
import { PerfettoReader } from './perfetto/perfetto-reader.js';
import type { TraceSource } from './source.js';
import type { Unread } from './unread.js';

/** Finds the events in the bytes of a trace, in whichever format it is. */
export class TraceReader {
  readonly #source: TraceSource;
  readonly #handlers: ListHandlers;
  readonly #flows: FlowPhases | undefined;
  #reader: ListReader | PerfettoReader | undefined;

  /**
   * @param source Where the bytes come from. It knows the format once it has given the first.
   * @param flows Of a trace in Perfetto's format, where it was read before: what the points of flows are.
   */
  constructor(source: TraceSource, handlers: ListHandlers, flows?: FlowPhases) {
    this.#source = source;
    this.#handlers = handlers;
    this.#flows = flows;
  }

  push(bytes: Buffer): void {
    this.#known.push(bytes);
  }

  /** There are no more bytes. */
  end(): TextFacts {
    return this.#known.end();
  }

  /** What is known so far. */
  get facts(): TextFacts {
    return this.#known.facts;
  }

  /** What a trace in Perfetto's format has besides track events, and how many packets of each. */
  get unread(): Unread {
    const reader = this.#known;
    return reader instanceof PerfettoReader ? Object.fromEntries(reader.unread) : {};
  }

  get #known(): ListReader | PerfettoReader {
    const { isPerfetto } = this.#source;
    this.#reader ??= isPerfetto
      ? new PerfettoReader(this.#handlers, this.#flows)
      : new ListReader(this.#handlers);
    return this.#reader;
  }
}
