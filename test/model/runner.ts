import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Result } from './ledger.js';
import type { Program } from './program.js';

const ROOT = fileURLToPath(new URL('./root.js', import.meta.url));
/** A program that is not done by then hangs. */
const TIMEOUT_MS = 60_000;

/** A process in which programs run, one after the other. */
export class Runner {
  #process: ChildProcess | undefined;

  /** Rejects where the program throws, ends its process, or hangs. */
  run(program: Program): Promise<Result> {
    // Ends that match nothing are part of the programs: no warnings.
    this.#process ??= fork(ROOT, { execArgv: ['--no-warnings'], serialization: 'advanced' });
    const running = this.#process;
    return new Promise<Result>((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        running.removeAllListeners();
        running.kill('SIGKILL');
        this.#process = undefined;
        reject(new Error(reason));
      };
      const timer = setTimeout(() => fail('it hangs'), TIMEOUT_MS);
      running.once('exit', (code, signal) => fail(`it ends its process: ${code ?? signal}`));
      running.once('message', ({ result, error }: { result?: Result; error?: string }) => {
        if (result === undefined) return fail(`it throws ${error}`);
        clearTimeout(timer);
        running.removeAllListeners();
        resolve(result);
      });
      running.send(program);
    });
  }

  stop(): void {
    this.#process?.disconnect();
  }
}
