import { number } from '../../intrinsics/language.js';
import { shown, TraceError } from '../errors.js';
import type { Recorder } from '../record/recorder.js';

/** The recorder, if the id may be one. */
export function withId(
  recorder: Recorder | undefined,
  method: string,
  id: unknown,
): Recorder | undefined {
  if (recorder === undefined || typeof id === 'number' || typeof id === 'string') return recorder;
  recorder.invalid(`${method}() was given an id that is neither a number nor a string.`);
  return undefined;
}

/** The id that a program chose; undefined if it chose none, or something that cannot be one. */
export function chosenId(
  recorder: Recorder,
  method: string,
  id: unknown,
): string | number | undefined {
  if (id === undefined || typeof id === 'string') return id;
  // Turns -0 into 0.
  if (number.isFinite(id)) return (id as number) + 0;
  recorder.invalid(`${method}() was given an id that is neither a string nor a finite number.`);
  return undefined;
}

/** Names a process or a thread by a metadata event of that kind. */
export function setName(recorder: Recorder | undefined, kind: string, name: unknown): void {
  if (typeof name === 'string') recorder?.metadata(kind, { name });
  else recorder?.invalid(`A ${kind} must be a string, not ${typeof name}.`);
}

/** Says where viewers put a process or a thread. */
export function setSortIndex(recorder: Recorder | undefined, kind: string, index: unknown): void {
  // Viewers read 32 bits.
  if (typeof index === 'number' && (index | 0) === index)
    recorder?.metadata(kind, { sort_index: index });
  else recorder?.invalid(`A ${kind} must be an integer of 32 bits.`);
}

/** For the common slip: the category before the function, as in the other methods. */
export function wrongTrace(name: unknown, given: unknown): TraceError {
  return new TraceError(
    'TRACELANE_BAD_CALL',
    `trace(${typeof name === 'string' ? `'${name}'` : 'name'}, …) was given ${shown(given)} in place of its ` +
      'function. The order is trace(name, fn, category, args).',
  );
}
