import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants as fileConstants, readFileSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import process from 'node:process';
import { setGlobalTracer, setRunTracer } from '../recorder/api/global-tracer.js';
import { Tracer } from '../recorder/api/tracer.js';
import { identityOf } from '../recorder/session/output-file.js';
import type { TraceStats } from '../recorder/types.js';
import { resolveSettings } from './settings.js';
import { chooseSources } from './sources.js';
import { type RunOptions, toVariables } from './variables.js';

/** What has become of a command. */
export interface Launched {
  readonly file: string;
  /**
   * Whether the trace still stands there: its folder may have been removed or moved, or the file
   * replaced.
   */
  readonly isThere: boolean;
  readonly stats: TraceStats;
  /** How the command has ended: one of the two. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const SCRIPTS: readonly string[] = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** Those that a terminal sends to all processes in its foreground, and those that are sent to one. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
const OWN_SIGNALS = ['SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a command with all Node processes below it recording, each into a part, which are joined when the
 * command has ended. This process owns the file: it is there before the first of them, also where that
 * is npm or a shell, and it outlives the last.
 *
 * @param preload The absolute path of what each process loads first.
 * @throws {TraceError} where the options are wrong or the file cannot be written.
 */
export async function launch(
  command: readonly string[],
  options: RunOptions,
  preload: string,
): Promise<Launched> {
  resolveSettings(options);
  chooseSources(options);
  const { output, categories } = options;
  const tracer = new Tracer(output, {
    categories,
    processName: 'tracelane run',
  });
  setRunTracer(tracer.start());
  const file = tracer.outputFile;
  const identity = identityOf(file);
  const [executable, args] = toStart(command, preload);
  const operation = tracer.asyncBegin(command.join(' '), undefined, 'process');
  try {
    const child = spawn(executable, args, {
      stdio: 'inherit',
      env: {
        ...process.env,
        ...toVariables(options),
        NODE_OPTIONS: withPreload(process.env['NODE_OPTIONS'], preload),
      },
    });
    const end = await endOf(child).catch((cause) => {
      throw cannotStart(executable, cause);
    });
    const { code, signal } = end;
    tracer.asyncEnd(operation, signal === null ? { 'process.exit.code': code } : { signal });
    const stats = await tracer.stop();
    return { file, isThere: identityOf(file) === identity, stats, ...end };
  } finally {
    setGlobalTracer(undefined);
    await tracer.stop();
  }
}

/** A script, or options of Node's, are run by this Node; anything else is a command. */
function toStart(command: readonly string[], preload: string): [string, readonly string[]] {
  const [first = '', ...rest] = command;
  if (first.startsWith('-')) return [process.execPath, withRights(command, preload)];
  if (isScript(first)) return [process.execPath, command];
  return [first, /^node(?:\.exe)?$/.test(basename(first)) ? withRights(rest, preload) : rest];
}

/** Options of Node's: Node 20 does not start where it may not read what it is told to load first. */
function withRights(words: readonly string[], preload: string): readonly string[] {
  const isLimited = words.some((word) => /^--(?:experimental-)?permission$/.test(word));
  return isLimited ? [`--allow-fs-read=${preload}`, ...words] : words;
}

function isScript(path: string): boolean {
  if (SCRIPTS.includes(extname(path))) return true;
  try {
    // `tracelane run .`, and a script without an extension that nobody could start.
    if (statSync(path).isDirectory()) return true;
    accessSync(path, fileConstants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** What Node takes for options, with one that loads the preload. */
function withPreload(nodeOptions: string | undefined, preload: string): string {
  const path = /[\s"]/.test(preload) ? `"${preload.replace(/["\\]/g, '\\$&')}"` : preload;
  const option = `--require ${path}`;
  if (nodeOptions === undefined || nodeOptions === '') return option;
  return nodeOptions.includes(option) ? nodeOptions : `${nodeOptions} ${option}`;
}

/** Why a command has not even begun. */
function cannotStart(command: string, cause: NodeJS.ErrnoException): Error {
  const [why, remedy] =
    cause.code === 'ENOENT'
      ? ['there is no such command', 'Give a command that PATH leads to, or the path of a script']
      : [cause.message, 'Check the path, and your rights to run it'];
  const message = `'${command}' cannot be started: ${why}. ${remedy}.`;
  return Object.assign(new Error(message, { cause }), { code: cause.code });
}

function endOf(child: ChildProcess): Promise<Pick<Launched, 'code' | 'signal'>> {
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  // Whatever the signal does to the command, this process stays until that has ended.
  const passUnlessSent = (signal: NodeJS.Signals) => {
    if (!hasTerminalSent()) pass(signal);
  };
  for (const signal of OWN_SIGNALS) process.on(signal, pass);
  for (const signal of TERMINAL_SIGNALS) process.on(signal, passUnlessSent);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  }).finally(() => {
    for (const signal of OWN_SIGNALS) process.off(signal, pass);
    for (const signal of TERMINAL_SIGNALS) process.off(signal, passUnlessSent);
  }) as Promise<Pick<Launched, 'code' | 'signal'>>;
}

/**
 * Whether a signal of a terminal's has come to the command, too: this process is then one of those in
 * the terminal's foreground. Linux says so; elsewhere, one that has a terminal is taken to be.
 */
function hasTerminalSent(): boolean {
  try {
    const status = readFileSync('/proc/self/stat', 'latin1');
    const [, , , group, , , foreground] = status.slice(status.lastIndexOf(')') + 1).split(' ');
    return group === foreground;
  } catch {
    return Boolean(process.stdin.isTTY ?? process.stderr.isTTY);
  }
}
