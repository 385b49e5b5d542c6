import type { ChildProcess } from 'node:child_process';

export interface Ended {
  /** Exit code, or null where a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Called with all output so far: sends signals when the program says that it is ready. */
export type OnOutput = (output: string, kill: (signal: NodeJS.Signals) => void) => void;

/** Waits for the end of a program, whatever that is. */
export function ended(child: ChildProcess, onOutput?: OnOutput): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
    onOutput?.(stdout, (signal) => child.kill(signal));
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
