import { writeSync } from 'node:fs';

/** What has to be on disk before the process ends. */
export interface ExitFlush {
  exit(): void;
}

const open = new Set<ExitFlush>();

/** One listener for all tracers: each of its own would soon be one too many for Node's taste. */
function onExit(): void {
  for (const session of open) session.exit();
}

export function flushAtExit(session: ExitFlush): void {
  if (open.size === 0) process.on('exit', onExit);
  open.add(session);
}

export function forgetAtExit(session: ExitFlush): void {
  open.delete(session);
  if (open.size === 0) process.off('exit', onExit);
}

/** A warning in an exit handler: process.emitWarning would show it in a tick that never comes. */
export function warnAtExit(code: string, message: string): void {
  try {
    writeSync(2, `(node:${process.pid}) [${code}] TracelaneWarning: ${message}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
