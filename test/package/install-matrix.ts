import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installLocked, npm, ROOT, start } from './npm.js';

const SOURCES = join(ROOT, 'test', 'package', 'matrix');
/** Where the tools and the packed library are installed, side by side with the projects. */
export const MATRIX = join(ROOT, 'build', 'matrix');
/** Where bundles are run: no node_modules is to be found from here. */
export const ALONE = realpathSync(mkdtempSync(join(tmpdir(), 'tracelane-matrix-')));

/** Runs a command that has to succeed, and to hear no warning of tracelane's. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await start(cwd, command, args);
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  assert.doesNotMatch(stderr, /Tracelane|Invalid URL/);
  return stdout;
}

export const node = (cwd: string, ...args: string[]) => run(cwd, process.execPath, ...args);

/** A file of an installed tool. */
export const tool = (...path: string[]) => join(MATRIX, 'node_modules', ...path);

/** Installs all that is tried, unless it is there; gives the reason where that cannot be done. */
export async function install(): Promise<string | false> {
  const missing = await installLocked(SOURCES, MATRIX);
  if (missing !== false) return missing;
  cpSync(SOURCES, MATRIX, { recursive: true, filter: (path) => !path.endsWith('.json') });
  await npm(ROOT, 'pack', '--pack-destination', MATRIX);
  rmSync(tool('tracelane'), { recursive: true, force: true });
  // By the lock that is there: without it, npm would ask the registry for all of them anew.
  const offline = ['--offline', '--no-save'];
  const { code, stderr } = await npm(MATRIX, 'install', ...offline, tarball());
  assert.equal(code, 0, stderr);
  const built = (folder: string) => readFileSync(join(folder, 'dist', 'index.js'), 'utf8');
  assert.equal(built(tool('tracelane')), built(ROOT));
  return false;
}

export function tarball(): string {
  const [name = 'none'] = readdirSync(MATRIX).filter((file) => file.endsWith('.tgz'));
  return join(MATRIX, name);
}
