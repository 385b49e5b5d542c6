import type { OpenSubject } from './subject.js';

/** What people use instead of tracelane. */
export const PEERS: readonly string[] = [
  'chrome-trace-event',
  'trace-event-lib',
  'opentelemetry',
  'perf-hooks',
  'pino',
  'stringify',
];
export const SUBJECTS: readonly string[] = ['tracelane', ...PEERS];
/** tracelane, switched off. */
export const DISABLED = 'disabled';

/** Loads a subject; a process loads but one. */
export async function loadSubject(name: string): Promise<OpenSubject> {
  const known = [...SUBJECTS, DISABLED];
  if (!known.includes(name)) {
    throw new Error(`There is no subject '${name}'. There are ${known.join(', ')}.`);
  }
  const { open } = (await import(`./${name}.js`)) as { open: OpenSubject };
  return open;
}
