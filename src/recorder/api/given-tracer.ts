import { shown, TraceError } from '../errors.js';
import type { Tracer } from './tracer.js';

/**
 * Refuses what a function was given in place of a tracer. One of another copy of the package will do.
 *
 * @throws {TraceError} TRACELANE_BAD_CALL
 */
export function checkTracer(given: unknown, call: string): void {
  if (isTracer(given)) return;
  const problem = `${call} was given ${shown(given)} in place of a Tracer.`;
  throw new TraceError('TRACELANE_BAD_CALL', problem);
}

function isTracer(given: unknown): boolean {
  try {
    const { publish, unpublish } = given as Partial<Record<keyof Tracer, unknown>>;
    return typeof publish === 'function' && typeof unpublish === 'function';
  } catch {
    // Undefined and null throw when a property is read, and so may a getter.
    return false;
  }
}
