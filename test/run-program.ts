import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Ended, ended, type OnOutput } from './ended.js';
import { unpack } from './unpack.js';
import { checkTrace } from './viewers/checker.js';

export interface ProgramRun extends Ended {
  /** The trace file as it stands; as a text, unpacked. */
  text: string;
  bytes: Buffer;
  /** Parts of child processes that stand beside it, by name. */
  parts: ReadonlyMap<string, string>;
}

export interface RunOptions {
  nodeArgs?: readonly string[];
  /** The module that is imported as the library. Default: the one that was built. */
  library?: string;
  /** The file that the program records into. Default: 'trace.json'. */
  file?: string;
  /** A shell command that goes before: for limits. */
  shell?: string;
  onOutput?: OnOutput;
}

const built = import.meta.resolve('tracelane');

/**
 * Runs a program in a process of its own. It finds `tracelane` and `node:worker_threads` imported by
 * name, `trace.json` as the file to record into unless the options say another, and itself as the module
 * `self`.
 */
export async function runProgram(program: string, options: RunOptions = {}): Promise<ProgramRun> {
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  const file = join(folder, 'program.mjs');
  const imports =
    `import { Tracer, getGlobalTracer, setGlobalTracer } from ${JSON.stringify(options.library ?? built)};\n` +
    `import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';\n` +
    `const self = new URL(${JSON.stringify(pathToFileURL(file).href)});\n`;
  writeFileSync(file, imports + program);
  const command = [process.execPath, ...(options.nodeArgs ?? []), file];
  const shell = options.shell === undefined ? [] : ['sh', '-c', `${options.shell}; exec "$0" "$@"`];
  const [executable = '', ...args] = [...shell, ...command];
  const child = spawn(executable, args, { cwd: folder });
  const end = await ended(child, options.onOutput);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const names = readdirSync(folder).filter((name) => name.startsWith('trace.part-'));
  const parts = new Map(names.map((name) => [name, read(name)]));
  const { file: name = 'trace.json' } = options;
  const bytes = readFileSync(join(folder, name));
  rmSync(folder, { recursive: true });
  return { ...end, text: unpack(name, bytes).toString(), bytes, parts };
}

/** How often each name occurs, per phase: what was recorded, as JSON.parse sees it. */
export function countEvents(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { ph, name } of JSON.parse(text) as { ph: string; name: string }[]) {
    if (ph !== 'M') counts[`${ph} ${name}`] = (counts[`${ph} ${name}`] ?? 0) + 1;
  }
  return counts;
}

/** What is wrong with the file under the rules of the format: nothing, that is. */
export function problems(text: string): unknown[] {
  return checkTrace(text);
}
