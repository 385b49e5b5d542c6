import type { ProcessOrThread } from '../timeline/timed-event.js';

/** Slices of a thread's track, or async operations, which may overlap. */
export type CallKind = 'slice' | 'async';

/** A slice or an operation, as all that counts them sees it. */
export interface Call {
  readonly kind: CallKind;
  /** Numbers of the string table. */
  readonly name: number;
  readonly category: number;
  readonly pid: ProcessOrThread;
  /** Undefined for operations: they are drawn on no thread's track. */
  readonly tid: ProcessOrThread | undefined;
  readonly start: number;
  /** Infinity where it was never ended. */
  readonly end: number;
  /** Time without the slices inside. 0 for operations. */
  readonly self: number;
  /** Byte of the unpacked file at which the event stands that begins it. */
  readonly offset: number;
}
