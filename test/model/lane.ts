import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Verdict } from './judge.js';
import type { Program } from './program.js';
import { Runner } from './runner.js';

const JUDGE = new URL('./judge.js', import.meta.url);
/** Whether threads come in each other's way differs from run to run. */
const TRIES = 3;

/**
 * A process in which programs run one after the other, and a thread that judges their traces: the
 * engine of DevTools waits for timers most of the time, and takes one trace at a time in a thread.
 */
export class Lane {
  readonly #runner = new Runner();
  readonly #judge = new Worker(JUDGE, { workerData: 'judge' });

  async try(program: Program): Promise<Verdict> {
    for (let i = 1; ; i++) {
      const verdict = await this.#tryOnce(program);
      // What is wrong is so, whoever came first: the next run may not come upon it.
      if (verdict.problems.length > 0 || verdict.decided || i === TRIES) return verdict;
    }
  }

  stop(): void {
    this.#runner.stop();
    void this.#judge.terminate();
  }

  async #tryOnce(program: Program): Promise<Verdict> {
    try {
      this.#judge.postMessage({ program, result: await this.#runner.run(program) });
      const [verdict] = await once(this.#judge, 'message');
      return verdict as Verdict;
    } catch (error) {
      return { problems: [(error as Error).message], decided: true };
    }
  }
}
