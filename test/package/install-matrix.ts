import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT } from './environment.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = join(ROOT, 'test', 'package', 'matrix');
/** Where the tools and the packed library are installed, side by side with the projects. */
export const MATRIX = join(ROOT, 'build', 'matrix');
/** Where bundles are run: no node_modules is to be found from here. */
export const ALONE = realpathSync(mkdtempSync(join(tmpdir(), 'tracelane-matrix-')));

export const TIMEOUT_MS = 300_000;
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

export const MATRIX_ENVIRONMENT = {
  ...ENVIRONMENT,
  NEXT_TELEMETRY_DISABLED: '1',
  YARN_ENABLE_TELEMETRY: '0',
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

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
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** The same for one that has to succeed, and to hear no warning of tracelane's. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await start(cwd, command, args);
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  assert.doesNotMatch(stderr, /Tracelane|Invalid URL/);
  return stdout;
}

export const node = (cwd: string, ...args: string[]) => run(cwd, process.execPath, ...args);

/** A file of an installed tool. */
export const tool = (...path: string[]) => join(MATRIX, 'node_modules', ...path);

export async function npm(cwd: string, ...args: string[]): Promise<Ended> {
  const cli = process.env['npm_execpath'];
  const [command, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]];
  return start(cwd, command, [...first, ...args, '--no-audit', '--no-fund', '--ignore-scripts']);
}

/** Installs all that is tried, unless it is there; gives the reason where that cannot be done. */
export async function install(): Promise<string | false> {
  const lock = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const done = join(MATRIX, 'installed');
  if (!existsSync(done) || lock(MATRIX) !== lock(SOURCES)) {
    rmSync(MATRIX, { recursive: true, force: true });
    mkdirSync(MATRIX, { recursive: true });
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(join(SOURCES, name), join(MATRIX, name));
    const { code, stderr } = await npm(MATRIX, 'ci');
    if (code !== 0 && NO_NETWORK.test(stderr)) return 'npm cannot be reached';
    assert.equal(code, 0, stderr);
    writeFileSync(done, '');
  }
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

/** A port that nobody listens to. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
