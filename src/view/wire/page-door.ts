import type { TraceClient } from './questions.js';

/**
 * How a trace gets to the page where no server answers: the page's script leaves this as
 * `globalThis.tracelanePage`, and a script behind it opens the trace.
 */
export interface PageDoor {
  /** Shows the trace that answers. */
  open(client: TraceClient): void;
  /** Shows how much is read, in bytes, until `open` is called. */
  progress(read: number, size: number | undefined): void;
  /** Shows why nothing can be opened, in words for a person. */
  fail(message: string): void;
}
