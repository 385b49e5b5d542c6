import { type BigIntStats, statSync } from 'node:fs';
import { TraceWriteError } from '../source/write-error.js';

/**
 * Whether two names lead to one file that is there, links or not: whoever writes to the one then takes the
 * place of the other.
 */
export function isSameFile(path: string, other: string): boolean {
  const [one, another] = [path, other].map(lookAt);
  return one !== undefined && one.ino === another?.ino && one.dev === another.dev;
}

/** What cannot be looked at is told of by whoever opens it. */
function lookAt(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    return undefined;
  }
}

/**
 * Refuses an output that would take the place of what it is made of, which would be lost.
 *
 * @param role What the input is there: `which is cut`.
 */
export function refuseInput(output: string, input: string, role: string): void {
  if (!isSameFile(output, input)) return;
  const problem = `it is the same file as ${input}, ${role}`;
  throw new TraceWriteError(output, problem, {}, 'Give another name for the output.');
}
