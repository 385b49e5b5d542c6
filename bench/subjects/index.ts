import type { OpenSubject } from './subject.js';

/** tracelane first, then what people use instead. */
export const SUBJECTS = [
  'tracelane',
  'chrome-trace-event',
  'trace-event-lib',
  'opentelemetry',
  'perf-hooks',
  'pino',
  'stringify',
] as const;
export type SubjectName = (typeof SUBJECTS)[number];
/** tracelane, switched off. */
export const DISABLED = 'disabled';

/** Loads a subject; a process loads but one. */
export async function loadSubject(name: string): Promise<OpenSubject> {
  const known: readonly string[] = [...SUBJECTS, DISABLED];
  if (!known.includes(name)) {
    throw new Error(`There is no subject '${name}'. There are ${known.join(', ')}.`);
  }
  const { open } = (await import(`./${name}.js`)) as { open: OpenSubject };
  return open;
}
