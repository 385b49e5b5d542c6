import { EXIT } from './output.js';

/** A test of names: a text that they contain, in any case, or `/a regular expression/`. */
export function nameFilter(filter: string | undefined): (name: string) => boolean {
  if (filter === undefined) return () => true;
  const pattern = /^\/(.+)\/([a-z]*)$/.exec(filter);
  if (pattern !== null) {
    const [, source = '', flags = ''] = pattern;
    try {
      // Without what makes a test go on where the one before has ended.
      const expression = new RegExp(source, flags.replace(/[gy]/g, ''));
      return (name) => expression.test(name);
    } catch (cause) {
      const problem = `--filter ${filter} is no regular expression: ${(cause as Error).message}`;
      throw Object.assign(new Error(problem, { cause }), { code: 'TRACELANE_BAD_OPTION' });
    }
  }
  const lower = filter.toLowerCase();
  return (name) => name.toLowerCase().includes(lower);
}

/** For scripts that end when something is above a limit. */
export function endWith(found: boolean): void {
  if (found) process.exitCode = EXIT.found;
}
