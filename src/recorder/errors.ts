/** Stable codes of {@link TraceError}. */
export type TraceErrorCode =
  /** An option of the constructor, of a decorator or of `traceRuntime()` has a wrong type or value. */
  | 'TRACELANE_BAD_OPTION'
  /** The output file cannot be created or written. */
  | 'TRACELANE_CANNOT_OPEN'
  /** The name of the output file ends in '.zst', and this Node has no zstd. */
  | 'TRACELANE_NO_ZSTD'
  /** Another tracer of this process is writing the output file. */
  | 'TRACELANE_FILE_IN_USE'
  /** Something that is no handle was given to `Tracer.connect`. */
  | 'TRACELANE_BAD_HANDLE'
  /** Something else was given in place of the function of `trace()`, or of a tracer. */
  | 'TRACELANE_BAD_CALL'
  /** A decorator was put on something that it cannot trace. */
  | 'TRACELANE_BAD_TARGET';

/** By this, all copies of the class know each other's errors. */
const KIND: unique symbol = Symbol.for('tracelane.TraceError') as never;

/**
 * What tracelane throws where a program sets tracing up: `new Tracer`, `start()`, `Tracer.connect()`,
 * `setGlobalTracer()`, `traceRuntime()` and decorators. So does `trace()` when its second argument is no
 * function. No other call that records throws.
 *
 * `instanceof` also knows those of other copies of the class: of `tracelane/runtime`, which has its own, as a
 * module of CommonJS has, or of another version.
 */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly code: TraceErrorCode;

  static {
    Object.defineProperty(TraceError.prototype, KIND, { value: true });
    const inherited = Function.prototype[Symbol.hasInstance];
    Object.defineProperty(TraceError, Symbol.hasInstance, {
      value(this: unknown, value: unknown): boolean {
        // A class that extends this one has its own instances only.
        if (this !== TraceError) return inherited.call(this as typeof TraceError, value);
        return typeof value === 'object' && value !== null && KIND in value;
      },
    });
  }

  constructor(code: TraceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** @internal The error for an option that has a wrong type or value. */
export function badOption(message: string, cause?: unknown): TraceError {
  return new TraceError('TRACELANE_BAD_OPTION', message, cause === undefined ? {} : { cause });
}

/** @internal What was given, as errors say it. */
export function shown(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`;
  const isShort = given === null || (typeof given !== 'object' && typeof given !== 'function');
  return isShort ? String(given) : `a value of type ${typeof given}`;
}
