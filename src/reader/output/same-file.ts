import { statSync } from 'node:fs';

/**
 * Whether two names lead to one file that is there, links or not: whoever writes to the one then takes the
 * place of the other.
 */
export function isSameFile(path: string, other: string): boolean {
  const [one, another] = [path, other].map((name) =>
    statSync(name, { throwIfNoEntry: false, bigint: true }),
  );
  return one !== undefined && one.ino === another?.ino && one.dev === another.dev;
}
