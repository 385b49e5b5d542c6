import { idOf } from '../arena/records.js';
import type { Arguments, Label, Lineage, TraceFormat } from '../format/format.js';
import { mergeArguments } from './arguments.js';
import { asCall, type Inside } from './lineage.js';
import { OpenSpan, type Stream } from './stream.js';

/**
 * The span that began last, as long as nothing else has happened since, on any thread. Most spans
 * have nothing inside them and end as leaf spans. No object is made for those, which takes a fifth off
 * what a span costs the writer.
 *
 * Where something else happens first, it becomes an open span like any other, by {@link take}.
 */
export class LeafSpan {
  readonly #format: TraceFormat;
  /** Undefined while there is none. */
  #stream: Stream | undefined;
  #beginNumber = 0;
  #label: Label | undefined;
  #start = 0;
  #args: Arguments | undefined;
  #inside: Inside | undefined;
  #isCall = false;

  constructor(format: TraceFormat) {
    this.#format = format;
  }

  /** Takes a new span; the one before has been ended or taken. */
  begin(
    stream: Stream,
    beginNumber: number,
    label: Label,
    start: number,
    args: Arguments | undefined,
    isCall: boolean,
  ): void {
    this.#stream = stream;
    this.#inside = stream.inside;
    this.#isCall = isCall;
    this.#beginNumber = beginNumber;
    this.#label = label;
    this.#start = start;
    this.#args = args;
  }

  /** Writes the span, if this is its end. */
  end(stream: Stream, beginNumber: number, time: number, args: Arguments | undefined): boolean {
    if (this.#stream !== stream || this.#beginNumber !== beginNumber) return false;
    this.#stream = undefined;
    const start = this.#start;
    const all = mergeArguments(this.#args, args);
    const lineage = this.#lineage(stream);
    this.#format.complete(stream, this.#label as Label, start, time - start, all, lineage);
    stream.history.add(start, time);
    return true;
  }

  /** Takes the span away, if there is one, to make it an open span like any other. */
  take(): OpenSpan | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    this.#stream = undefined;
    const label = this.#label as Label;
    const parent = this.#inside?.call ?? 0;
    const lineage = this.#lineage(stream);
    const number = this.#beginNumber;
    const [start, args] = [this.#start, this.#args];
    return new OpenSpan(stream, number, label, start, args, parent, lineage, false, undefined);
  }

  #lineage(stream: Stream): Lineage | undefined {
    const outer = this.#inside?.lineage;
    if (!this.#isCall) return outer;
    return asCall(idOf(stream.id, this.#beginNumber), outer);
  }
}
