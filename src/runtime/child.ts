import childProcess, { type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { basename } from 'node:path';
import type { Args } from '../trace-event/events.js';
import { beforeListeners } from './before-listeners.js';
import { traceSync } from './calls.js';
import { beginOperation, errorOutcome } from './operation.js';
import type { SourceContext } from './source.js';
import { textOf } from './text-of.js';
import { Undo } from './undo.js';

const CATEGORY = 'process';
const SYNC = ['spawnSync', 'execSync', 'execFileSync'] as const;

/** Processes that the program starts, from start to exit. */
export function traceChildren({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const { capture } = settings;
  const hasArguments = capture.has('arguments');

  // It comes from the constructor, when nothing is known of the process yet.
  undo.subscribe('child_process', ({ process: child }: { process: ChildProcess }) => {
    const operation = beginOperation(tracer, 'child process', CATEGORY);
    if (operation === undefined) return;
    beforeListeners(child, {
      spawn() {
        const { spawnfile, spawnargs, pid } = child;
        operation.rename(basename(spawnfile));
        operation.set({
          'process.pid': pid,
          'process.executable.path': spawnfile,
          ...(hasArguments && { 'process.command_args': spawnargs }),
        });
      },
      exit(code, signal) {
        operation.finish(signal === null ? { 'process.exit.code': code } : { signal });
      },
      // One that could not be started has no exit.
      close: () => operation.finish({ 'error.type': 'not started' }),
    });
  });

  for (const name of SYNC) {
    const begin = ([command, ...more]: readonly unknown[]) => {
      const text = textOf(command);
      const file = name === 'execSync' || more.some(wantsShell) ? firstWord(text) : text;
      const args = more.find(Array.isArray) ?? [];
      return tracer.span(basename(file), CATEGORY, {
        'process.executable.path': file,
        ...(hasArguments && { 'process.command_args': [text, ...args] }),
      });
    };
    undo.replace(childProcess, name, (original) => traceSync(original, begin, outcomeOf));
  }
  undo.shareReplaced();
  return undo;
}

/** `spawnSync()` returns what the others throw, where the process has failed: its status, signal and error. */
function outcomeOf(end: unknown, hasThrown: boolean): Args {
  const { status, signal, error } = (end ?? {}) as Partial<SpawnSyncReturns<unknown>>;
  if (typeof signal === 'string') return { signal };
  if (typeof status === 'number') return { 'process.exit.code': status };
  if (hasThrown || error !== undefined) return errorOutcome(hasThrown ? end : error);
  return { 'process.exit.code': 0 };
}

function wantsShell(options: unknown): boolean {
  return Boolean((options as { shell?: unknown } | null | undefined)?.shell);
}

/** Of a command line for a shell, what is no secret: its first command, unless that is put together. */
function firstWord(command: string): string {
  return /^\s*([^\s='"`$|&;<>()]+)(?=[\s|&;<>()]|$)/.exec(command)?.[1] ?? 'sh';
}
