import type { ArgumentList, Label, TraceFormat } from '../format/format.js';
import type { Beginning, Stream } from './stream.js';

/**
 * The span that began last, while nothing else has happened since, on any thread. Most spans end
 * like that, with nothing inside them: no object is made for those, which takes a fifth off what
 * a span costs the writer.
 *
 * One that something else happens in becomes an operation first, by {@link take}: nobody else
 * needs to know of it.
 */
export class LeafSpan {
  readonly #format: TraceFormat;
  /** Undefined while there is none. */
  #stream: Stream | undefined;
  #sequence = 0;
  #label: Label | undefined;
  #start = 0;
  #args: ArgumentList | undefined;

  constructor(format: TraceFormat) {
    this.#format = format;
  }

  /** The one before has been ended, or taken. */
  begin(
    stream: Stream,
    sequence: number,
    label: Label,
    start: number,
    args: ArgumentList | undefined,
  ): void {
    this.#stream = stream;
    this.#sequence = sequence;
    this.#label = label;
    this.#start = start;
    this.#args = args;
  }

  /** Writes the span, if this is its end. */
  end(stream: Stream, sequence: number, time: number, args: ArgumentList | undefined): boolean {
    if (this.#stream !== stream || this.#sequence !== sequence) return false;
    this.#stream = undefined;
    const start = this.#start;
    this.#format.complete(stream, this.#label as Label, start, time - start, this.#args, args);
    stream.history.add(start, time);
    return true;
  }

  /** What there is to be known of the span, if there is one: from now on it is not known here. */
  take(): Beginning | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    this.#stream = undefined;
    return {
      stream,
      sequence: this.#sequence,
      label: this.#label as Label,
      start: this.#start,
      args: this.#args,
      parent: 0,
      loose: false,
    };
  }
}
