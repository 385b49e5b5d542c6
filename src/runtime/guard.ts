import { emitWarning } from '../recorder/record/report.js';

let hasWarned = false;

/**
 * A function that never throws: what is recorded by itself runs in the middle of Node's own code, which
 * would end the program for it. It gives undefined where it has failed.
 */
export function guarded<A extends unknown[], T>(
  fn: (...args: A) => T,
): (...args: A) => T | undefined {
  return (...args) => {
    try {
      return fn(...args);
    } catch (error) {
      reportFailure(error);
      return undefined;
    }
  };
}

/** Warns of the first failure of what is recorded by itself. */
export function reportFailure(error: unknown): void {
  if (hasWarned) return;
  hasWarned = true;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  emitWarning(
    'TRACELANE_SOURCE_FAILED',
    `Something that the program did could not be recorded, and is not in the trace: ${reason}. ` +
      'Please report it; --sources can leave out the source that fails.',
  );
}
