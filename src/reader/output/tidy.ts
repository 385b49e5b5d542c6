import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What removes what is not done. All share a listener for each way to end: many files may be written at once. */
const unfinished = new Set<() => void>();

/** Runs what needs something that must not outlast it, and removes that afterwards, also where the process ends. */
export async function tidily<T>(remove: () => void, run: () => Promise<T>): Promise<T> {
  if (unfinished.size === 0) {
    for (const signal of SIGNALS) process.on(signal, endBy);
    process.on('exit', removeAll);
  }
  unfinished.add(remove);
  try {
    return await run();
  } finally {
    unfinished.delete(remove);
    if (unfinished.size === 0) {
      for (const signal of SIGNALS) process.off(signal, endBy);
      process.off('exit', removeAll);
    }
    remove();
  }
}

/** Runs what needs a folder for a while. */
export function inTemporaryFolder<T>(
  prefix: string,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  let folder: string | undefined;
  return tidily(
    () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
    () => {
      // Not before signals are listened to.
      folder = mkdtempSync(join(tmpdir(), prefix));
      return run(folder);
    },
  );
}

/** Where somebody else listens to the signal, it is theirs to end what runs, which then removes its own. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endBy);
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const remove of unfinished) remove();
}
