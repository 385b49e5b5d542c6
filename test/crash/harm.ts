import type { OnOutput } from '../ended.js';

interface KillOptions {
  /** Whether the program is as far as it has to be, by all that it has said. Default: it has said something. */
  readonly ready?: (output: string) => boolean;
  /** Milliseconds, at most, from then on. */
  readonly within?: number;
}

/** A program that never gets ready is killed all the same, and seen by what it has not said. */
const HANGS_MS = 60_000;

/** Kills a program at a random moment soon after it is ready. */
export function killSoon({ ready = () => true, within = 60 }: KillOptions = {}): OnOutput {
  let deadline: NodeJS.Timeout | undefined;
  let over = false;
  return (output, kill) => {
    const end = () => kill('SIGKILL');
    deadline ??= setTimeout(end, HANGS_MS).unref();
    if (over || !ready(output)) return;
    over = true;
    clearTimeout(deadline);
    setTimeout(end, Math.random() * within);
  };
}

/** Gives a program, which begins with this text, the `writer`: the thread that it is out to harm. */
export const CATCH_WRITER = `
import diagnostics from 'node:diagnostics_channel';
let writer;
diagnostics.subscribe('worker_threads', ({ worker }) => { writer ??= worker; });
`;
