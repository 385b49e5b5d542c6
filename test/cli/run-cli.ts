import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Ended, ended } from '../ended.js';

export const COMMAND = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** Runs the command line as a shell would, its output going into pipes. */
export function tracelane(
  args: readonly string[],
  input?: string | Buffer,
  variables: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, ...env } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...env, ...variables } });
  // A command that reads nothing has closed it by then.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return ended(child);
}

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): (name: string, content?: unknown) => string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(folder, name);
    if (content !== undefined) {
      const isText = typeof content === 'string' || Buffer.isBuffer(content);
      writeFileSync(path, isText ? content : JSON.stringify(content));
    }
    return path;
  };
}

/** A complete event; times in microseconds. */
export function slice(name: string, ts: number, dur: number, more: object = {}) {
  return { name, cat: 'test', ph: 'X', ts, dur, pid: 1, tid: 1, args: {}, ...more };
}
