import type { Args } from '../../trace-event/events.js';
import type { Recorder } from '../record/recorder.js';
import { describeError } from '../record/safe-json.js';
import type { SpanId } from '../types.js';

/**
 * A span that is open. Ends by `end()`, or at the end of its block:
 *
 * ```ts
 * using span = tracer.span('parse');
 * ```
 *
 * It is drawn from the moment it was made to its end. A span that is never ended is drawn as
 * unfinished, up to the end of the trace.
 */
export class Span implements Disposable {
  /** @internal */
  readonly recorder: Recorder | undefined;
  /** @internal */
  readonly beginNumber: number;
  #ended = false;

  /** @internal Spans are made by `tracer.span()` and `tracer.trace()`. */
  constructor(recorder: Recorder | undefined, beginNumber: number) {
    this.recorder = recorder;
    this.beginNumber = beginNumber;
  }

  /** Names the span in `endSpan()` on any thread; 0 for a span that is not recorded. */
  get id(): SpanId {
    return this.recorder === undefined ? 0 : this.recorder.id(this.beginNumber);
  }

  /**
   * Adds arguments to the span while it is open, as often as wanted; of those with the same key the
   * last one stands. Beyond 1,000 keys, new ones are left out. Arguments are lost when the begin of the
   * span is already written for good (when 20,000 spans and operations of the process are open, the
   * older half is), and when the buffer is full. Neither loss is counted. On a span that is over it
   * changes nothing, and is counted in `stats().unmatchedEnds`.
   */
  set(args: Args): this {
    this.recorder?.addArguments(this.beginNumber, args);
    return this;
  }

  /**
   * Ends the span. Arguments are added to those it has; where both have a key, these stand. A
   * second end is counted in `stats().unmatchedEnds` and changes nothing.
   *
   * The span of `trace()` ends by itself, with its function: an end inside is the time that is
   * drawn, and an error that the function throws later is still shown in the span.
   */
  end(args?: Args): void {
    this.#ended = true;
    this.recorder?.end(this.beginNumber, args);
  }

  /** Ends the span with an error, which is shown among its arguments as `error`. */
  fail(error: unknown): void {
    this.end(errorArgs(error));
  }

  /** Ends the span unless `end()` was called. */
  [Symbol.dispose](): void {
    if (!this.#ended) this.end();
  }
}

class UnrecordedSpan extends Span {
  // With a method of its own V8 compiles calls to nothing. Else it inlines into callers all that ends a
  // recorded span, and has no room left to inline `span()`: 3.6 ns instead of 0.9 (Node 26).
  override end(): void {}
}

/** Stands for every span that is not recorded. */
export const NO_SPAN: Span = new UnrecordedSpan(undefined, 0);

/**
 * @internal The span of a call. It is over when the function has returned and what it returned has
 * settled. Where the program ends it before that, it is held back, as an error that comes later still
 * belongs to it.
 */
export class CallSpan extends Span {
  declare readonly recorder: Recorder;
  /** Why it is held back: the program has ended it, or what the call returned may go on. */
  #held: 'by end()' | 'suspended' | undefined;
  #isOver = false;
  /** Whether the function was called: see `runInside()`. */
  isEntered = false;
  /** The outermost call around it; itself, where there is none. */
  readonly root: CallSpan;
  readonly #stream: number;

  constructor(recorder: Recorder, beginNumber: number, outer: CallSpan | undefined) {
    super(recorder, beginNumber);
    this.root = outer === undefined ? this : outer.root;
    this.#stream = recorder.stream;
  }

  // What goes on after the recorder has begun another stream still belongs to this call.
  override get id(): SpanId {
    return this.recorder.id(this.beginNumber, this.#stream);
  }

  /** Whether nothing can be added any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  override end(args?: Args): void {
    const { recorder, beginNumber } = this;
    if (this.#held === 'suspended') this.resume();
    if (this.#isOver || this.#held !== undefined) {
      // Is counted as an end without a begin.
      recorder.end(beginNumber, args);
      return;
    }
    this.#held = 'by end()';
    recorder.endEarly(beginNumber, args);
  }

  /** The call has returned, and what it returned may go on later: until then the span ends here. */
  suspend(): void {
    if (this.#held !== undefined) return;
    this.#held = 'suspended';
    this.recorder.endEarly(this.beginNumber, undefined);
  }

  /** What was returned goes on: somebody awaits it. */
  resume(): void {
    if (this.#held !== 'suspended') return;
    this.#held = undefined;
    this.recorder.resume(this.beginNumber);
  }

  /** The call is over. With an error: {@link errorArgs}. */
  finish(error?: Args): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { recorder, beginNumber } = this;
    if (this.#held === undefined) recorder.end(beginNumber, error);
    else recorder.over(beginNumber, error);
  }

  override [Symbol.dispose](): void {
    if (!this.#isOver && this.#held === undefined) this.end();
  }
}

/** The arguments of a span whose function has thrown. */
export function errorArgs(error: unknown): Args {
  return { error: describeError(error) };
}
