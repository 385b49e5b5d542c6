import { readFileSync } from 'node:fs';

/** The first program of the README, as it stands there, and the file that it says it is. */
export function quickStart(): { readonly name: string; readonly code: string } {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(readme) ?? [];
  const [, name] = /^\/\/ (\S+)\n/.exec(code) ?? [];
  if (name === undefined) throw new Error('The README has no program that names its file.');
  return { name, code };
}
