/**
 * Whose trace it is that new threads and processes find: that of the program's global tracer, or that of
 * `tracelane run`, which goes on whatever tracer the program makes its global one.
 */
export type Owner = 'program' | 'run';

export const OWNERS: readonly Owner[] = ['program', 'run'];
