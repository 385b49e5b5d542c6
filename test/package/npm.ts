import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, ended } from '../ended.js';
import { ENVIRONMENT } from './environment.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const TIMEOUT_MS = 300_000;
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

export const MATRIX_ENVIRONMENT = {
  ...ENVIRONMENT,
  NEXT_TELEMETRY_DISABLED: '1',
  YARN_ENABLE_TELEMETRY: '0',
};

/** Runs a command to its end, whatever that is. */
export function start(
  cwd: string,
  command: string,
  args: readonly string[],
  env = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { ...MATRIX_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  return ended(child);
}

export async function npm(cwd: string, ...args: string[]): Promise<Ended> {
  const cli = process.env['npm_execpath'];
  const [command, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]];
  return start(cwd, command, [...first, ...args, '--no-audit', '--no-fund', '--ignore-scripts']);
}

/**
 * Installs in `folder` what the lock file in `sources` says, unless it is there; gives the reason where that
 * cannot be done. No script of a package is run.
 */
export async function installLocked(sources: string, folder: string): Promise<string | false> {
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  const done = join(folder, 'installed');
  if (existsSync(done) && lock(folder) === lock(sources)) return false;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(sources, name), join(folder, name));
  const { code, stderr } = await npm(folder, 'ci');
  if (code !== 0 && NO_NETWORK.test(stderr)) return 'npm cannot be reached';
  assert.equal(code, 0, stderr);
  writeFileSync(done, '');
  return false;
}
