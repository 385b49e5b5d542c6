import process from 'node:process';
import { isoDate, wallClock } from '../intrinsics/clock.js';

/** What may stand in a path behind a `%`, and what it becomes when recording starts. */
const PLACEHOLDERS: Readonly<Record<string, (recording: number) => string>> = {
  p: () => String(process.pid),
  // 20261125T184501: sorts as the time does, also where the clock is set back for the winter.
  t: () => isoDate(wallClock.now()).slice(0, 19).replace(/[-:]/g, ''),
  n: (recording) => String(recording),
  '%': () => '%',
};

const PLACEHOLDER = /%(.?)/gs;

/** The placeholders that there are, for messages. */
export const KNOWN_PLACEHOLDERS =
  '%p (the pid), %t (the time of the start), %n (the number of the recording in this process) ' +
  'and %% (a percent sign)';

/** The first `%x` of a path that stands for nothing. */
export function unknownPlaceholder(path: string): string | undefined {
  for (const [text, letter = ''] of path.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(PLACEHOLDERS, letter)) return text;
  }
  return undefined;
}

/** The path of a recording; `count` gives its number in this process, and is asked only for `%n`. */
export function fillIn(path: string, count: () => number): string {
  return path.replace(PLACEHOLDER, (text, letter: string) => {
    return PLACEHOLDERS[letter]?.(letter === 'n' ? count() : 0) ?? text;
  });
}

/** A path that stands for itself, whatever is in it. */
export function literalPath(path: string): string {
  return path.replaceAll('%', '%%');
}
