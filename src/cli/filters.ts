import { badOption } from './output.js';

/** A test of names: a text that they contain, in any case, or `/a regular expression/`. */
export function nameFilter(
  filter: string | undefined,
  option = '--filter',
): (name: string) => boolean {
  if (filter === undefined) return () => true;
  const pattern = /^\/(.+)\/([a-z]*)$/.exec(filter);
  if (pattern !== null) {
    const [, source = '', flags = ''] = pattern;
    try {
      // The flags g and y would make each test begin where the one before has ended.
      const expression = new RegExp(source, flags.replace(/[gy]/g, ''));
      return (name) => expression.test(name);
    } catch (cause) {
      const problem = `${option} ${filter} is no regular expression: ${(cause as Error).message}`;
      throw badOption(problem, { cause });
    }
  }
  const lower = filter.toLowerCase();
  return (name) => name.toLowerCase().includes(lower);
}
