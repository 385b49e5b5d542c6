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

/** Loads a subject; a process loads but one. */
export async function loadSubject(name: string): Promise<OpenSubject> {
  if (!(SUBJECTS as readonly string[]).includes(name)) {
    throw new Error(`There is no subject '${name}'. There are ${SUBJECTS.join(', ')}.`);
  }
  const { open } = (await import(`./${name}.js`)) as { open: OpenSubject };
  return open;
}
