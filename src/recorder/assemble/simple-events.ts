import { EVENTS_DROPPED } from '../../trace-event/thread-tracks.js';
import type { Arguments, InstantScope, Label, TraceFormat } from '../format/format.js';
import { CounterTracks } from './counter-tracks.js';
import type { SaidOnce } from './said-once.js';
import type { AssemblerState } from './state.js';
import type { Stream } from './stream.js';

const SCOPES: readonly InstantScope[] = ['t', 'p', 'g'];

/** Events that are written as they come: whatever is open makes no difference to them. */
export class SimpleEvents {
  readonly #format: TraceFormat;
  readonly #saidOnce: SaidOnce;
  readonly #counters = new CounterTracks();
  /** How many dropped events the trace already shows. */
  #marked = 0;

  constructor(format: TraceFormat, saidOnce: SaidOnce) {
    this.#format = format;
    this.#saidOnce = saidOnce;
  }

  save(): Pick<AssemblerState, 'counters' | 'marked'> {
    return { counters: this.#counters.all, marked: this.#marked };
  }

  restore({ counters, marked }: Pick<AssemblerState, 'counters' | 'marked'>): void {
    this.#counters.restore(counters);
    this.#marked = marked;
  }

  metadata(stream: Stream, name: string, args: Arguments | undefined): void {
    const { length } = this.#format;
    this.#format.metadata(stream, name, args);
    this.#saidOnce.take(stream, name, this.#format.bytes().subarray(length));
  }

  counter(stream: Stream, label: Label, time: number, values: ReadonlyMap<string, number>): void {
    const { name } = label;
    for (const [group, series] of this.#counters.update(name, values)) {
      const shown =
        group === 0 ? label : { ...label, name: `${name} (${group + 1})`, encoded: undefined };
      this.#format.counter(stream, shown, time, series);
    }
  }

  /** `scope` is one of the SCOPE_* values. */
  instant(
    stream: Stream,
    label: Label,
    time: number,
    scope: number,
    args: Arguments | undefined,
  ): void {
    const lineage = stream.inside?.lineage;
    this.#format.instant(stream, label, time, SCOPES[scope] ?? 't', args, lineage);
  }

  /** A sample of what runs in a stream: the spans that are open there. */
  sample(stream: Stream, time: number): void {
    const running = stream.spans.filter((span) => !span.ended);
    // Behind the begins of what it saw.
    if (running.length > 0) this.#format.sample(stream, stream.tick(time), running);
  }

  /** Marks that events of a stream were dropped. */
  dropped(stream: Stream, time: number, count: number): void {
    this.#marked += count;
    this.#format.dropped(stream, stream.ownLabel(EVENTS_DROPPED), time, count);
  }

  /** How many of so many dropped events the trace does not show yet. */
  unmarked(dropped: number): number {
    return dropped - this.#marked;
  }
}
