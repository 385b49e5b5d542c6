import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { IS_NODE } from '../host.js';

/** A session whose events have to be on disk before the process ends. */
export interface OpenSession {
  /** Whether signals that end the process are waited for. */
  readonly handlesSignals: boolean;
  /** Brings everything to disk. */
  flush(): void;
  /** The same, and what is recorded from now on at once: the process is about to end. */
  exit(): void;
}

/** Those that end a process and that a program may catch. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// One listener for all sessions: Node warns of a leak where there are more than ten.
const open = new Set<OpenSession>();
let listening = false;

export function watchExit(session: OpenSession): void {
  if (open.size === 0) {
    process.on('exit', onExit);
    // Deno emits no 'exit' after an error that nobody caught. In Node that comes, and the error need
    // not be the end: it is for the program's own listeners to say.
    if (!IS_NODE) process.on('uncaughtExceptionMonitor', flushAll);
  }
  open.add(session);
  listen();
}

export function unwatchExit(session: OpenSession): void {
  open.delete(session);
  if (open.size === 0) {
    process.off('exit', onExit);
    process.off('uncaughtExceptionMonitor', flushAll);
  }
  if (!wanted()) ignore();
}

function onExit(): void {
  for (const session of open) session.exit();
}

function flushAll(): void {
  for (const session of open) session.flush();
}

function wanted(): boolean {
  return isMainThread && [...open].some(({ handlesSignals }) => handlesSignals);
}

function listen(): void {
  if (listening || !wanted()) return;
  listening = true;
  // First in line: see onSignal.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function ignore(): void {
  if (!listening) return;
  listening = false;
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Writes the traces and lets the signal do what it would have done without this listener.
 *
 * It takes itself away before any listener of the program's looks: libraries that restore a
 * terminal or remove lock files count the listeners, to find out whether they are alone and have
 * to end the process themselves.
 */
function onSignal(signal: NodeJS.Signals): void {
  ignore();
  const alone = process.listenerCount(signal) === 0;
  for (const session of open) {
    if (!session.handlesSignals) continue;
    if (alone) session.exit();
    else session.flush();
  }
  if (alone) process.kill(process.pid, signal);
  // If the program's own listeners let it live, the next signal is waited for again.
  else setImmediate(listen);
}

/** A warning in an exit handler: process.emitWarning would show it in a tick that never comes. */
export function warnAtExit(code: string, message: string): void {
  try {
    writeSync(2, `(node:${process.pid}) [${code}] TracelaneWarning: ${message}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
