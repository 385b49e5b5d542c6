import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Verdict } from './judge.js';
import type { Result } from './ledger.js';
import type { Program } from './program.js';

const ROOT = fileURLToPath(new URL('./root.js', import.meta.url));
const JUDGE = new URL('./judge.js', import.meta.url);
/** A program that is not done by then hangs. */
const TIMEOUT_MS = 60_000;
/** Whether threads come in each other's way differs from run to run. */
const TRIES = 3;

/**
 * A process in which programs run one after the other, and a thread that judges their traces: the
 * engine of DevTools waits for timers most of the time, and takes one trace at a time in a thread.
 */
export class Lane {
  #process: ChildProcess | undefined;
  readonly #judge = new Worker(JUDGE, { workerData: 'judge' });

  async try(program: Program): Promise<Verdict> {
    for (let i = 1; ; i++) {
      const verdict = await this.#tryOnce(program);
      if (verdict.decided || i === TRIES) return verdict;
    }
  }

  stop(): void {
    this.#process?.disconnect();
    void this.#judge.terminate();
  }

  async #tryOnce(program: Program): Promise<Verdict> {
    try {
      this.#judge.postMessage({ program, result: await this.#run(program) });
      const [verdict] = await once(this.#judge, 'message');
      return verdict as Verdict;
    } catch (error) {
      return { problems: [(error as Error).message], decided: true };
    }
  }

  /** Rejects where the program throws, ends its process, or hangs. */
  #run(program: Program): Promise<Result> {
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
}
