const REMEDY = 'Check the path, your rights, and the room on the disk.';

/** Why a trace could not be written: names the file. */
export class TraceWriteError extends Error {
  override readonly name = 'TraceWriteError';
  readonly code = 'TRACELANE_CANNOT_WRITE';

  constructor(file: string, problem: string, options?: ErrorOptions, remedy = REMEDY) {
    super(`${file}: it cannot be written: ${problem}. ${remedy}`, options);
  }
}

/** Nothing of what there is has a place in the format of the file. */
export class NothingToWriteError extends TraceWriteError {}
