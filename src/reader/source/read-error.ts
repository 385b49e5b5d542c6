/** Stable codes of {@link TraceReadError}. */
export type TraceReadErrorCode =
  /** The file cannot be opened, read or unpacked. */
  | 'TRACELANE_CANNOT_READ'
  /** What was read is no trace in the Chrome trace event format. */
  | 'TRACELANE_NOT_A_TRACE'
  /** An event in the middle of the file is no JSON. */
  | 'TRACELANE_DAMAGED_EVENT'
  /** More is open at once than can be held in memory. */
  | 'TRACELANE_TOO_LARGE';

/** Why a trace could not be read: names the file, the byte and what was expected there. */
export class TraceReadError extends Error {
  override readonly name = 'TraceReadError';
  readonly code: TraceReadErrorCode;
  /** Name of the file as it was given; `<stdin>` for standard input. */
  readonly file: string;
  /** Byte (of the unpacked file) at which reading failed; -1 where that is not known. */
  readonly offset: number;

  constructor(
    code: TraceReadErrorCode,
    file: string,
    offset: number,
    problem: string,
    options?: { cause?: unknown },
  ) {
    super(`${file}${offset < 0 ? '' : `, byte ${offset}`}: ${problem}`, options);
    this.code = code;
    this.file = file;
    this.offset = offset;
  }
}
