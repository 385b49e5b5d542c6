// First: the library takes its clock when it is loaded, and readings of that one are to be seen.
import './clock.js';

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { setGlobalTracer, Tracer } from 'tracelane';
import { unpack } from '../unpack.js';
import { Actor, type Task } from './actor.js';
import type { Result, ThreadLedger } from './ledger.js';
import { type Answer, type Command, ledgerOf, type Orders } from './member.js';
import type { Program } from './program.js';

/**
 * The process in which programs run, one after the other, each with a tracer of its own. Workers
 * that have served one program serve the next.
 */

const MEMBER = new URL('./member.js', import.meta.url);

/** A worker thread, as the main thread sees it. */
class Hand {
  readonly worker = new Worker(MEMBER, { workerData: 'member' });
  readonly #tasks = new Map<number, () => void>();
  #numbers = 0;
  #done = () => {};
  #ledger: (ledger: ThreadLedger) => void = () => {};
  /** Passes a task on to another thread. */
  route: (to: number, task: Task) => Promise<void> = () => Promise.resolve();

  constructor() {
    this.worker.on('message', (answer: Answer) => void this.#take(answer));
    this.worker.unref();
  }

  /** Resolves when the script is done. */
  start(orders: Orders): Promise<void> {
    this.#command({ kind: 'start', orders });
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  do(task: Task): Promise<void> {
    const number = ++this.#numbers;
    this.#command({ kind: 'task', number, task });
    return new Promise((resolve) => this.#tasks.set(number, resolve));
  }

  finish(leave: boolean): Promise<ThreadLedger> {
    this.#command({ kind: 'finish', leave });
    return new Promise((resolve) => {
      this.#ledger = resolve;
    });
  }

  #command(command: Command): void {
    this.worker.postMessage(command);
  }

  async #take(answer: Answer): Promise<void> {
    switch (answer.kind) {
      case 'done':
        this.#done();
        break;
      case 'task done':
        this.#tasks.get(answer.number)?.();
        this.#tasks.delete(answer.number);
        break;
      case 'send':
        await this.route(answer.to, answer.task);
        this.#command({ kind: 'sent', number: answer.number });
        break;
      case 'ledger':
        this.#ledger(answer.ledger);
        break;
    }
  }
}

const pool: Hand[] = [];

async function runProgram(program: Program, file: string): Promise<Result> {
  const { options, threads, ownWorkers, stop } = program;
  const tracer = new Tracer(file, options).start();
  setGlobalTracer(tracer);
  const origin = process.hrtime.bigint();
  const skipped = options.categories === undefined ? undefined : 'verbose';
  const common = { origin, skipped };

  const hands: Hand[] = [];
  for (let i = 0; i < threads.length - 1; i++) {
    const hand = (ownWorkers ? undefined : pool[i]) ?? new Hand();
    if (!ownWorkers) pool[i] = hand;
    hands.push(hand);
  }
  const handle = ownWorkers ? undefined : tracer.handle();
  const send = async (to: number, task: Task): Promise<void> => {
    if (to === 0) actor.take(task);
    else await hands[to - 1]?.do(task);
  };
  const actor = new Actor({ ...common, tracer, thread: 0, prefix: 'm', send });
  const children = program.children.map((script, i) =>
    runChild({ ...common, script, thread: 0, prefix: `c${i}`, handle: undefined }),
  );
  const scripts = hands.map((hand, i) => {
    hand.route = send;
    const thread = i + 1;
    return hand.start({
      ...common,
      script: threads[thread] ?? [],
      thread,
      prefix: `w${thread}`,
      handle,
    });
  });
  await Promise.all([actor.run(threads[0] ?? []), ...scripts]);
  const ledgers = await Promise.all(hands.map((hand, i) => hand.finish(i % 2 === 0)));
  const ofChildren = await Promise.all(children);
  if (ownWorkers) await Promise.all(hands.map(({ worker }) => worker.terminate()));
  const stats = stop === 'stop' ? await tracer.stop() : tracer.stopSync();
  setGlobalTracer(undefined);
  const bytes = unpack(file, readFileSync(file));
  rmSync(file);
  const all = [ledgerOf(actor), ...ledgers, ...ofChildren];
  const { format = 'json' } = options;
  return { format, bytes, origin, threads: all, pid: process.pid, stats };
}

async function runChild(orders: Orders): Promise<ThreadLedger> {
  // Warnings at the end of a process go past the flag.
  const options = {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  } as const;
  const child = fork(fileURLToPath(MEMBER), ['child'], { ...options, stdio: [...options.stdio] });
  child.send(orders);
  const exit = once(child, 'exit');
  const answer = once(child, 'message');
  const [code, signal] = await exit;
  if (code !== 0) throw new Error(`a child process ends by ${code ?? signal}`);
  const [ledger] = await answer;
  return ledger as ThreadLedger;
}

const folder = mkdtempSync(join(tmpdir(), 'model-'));
let count = 0;
process.on('message', async (program: Program) => {
  try {
    // Every fourth is packed, which must not make a difference.
    const suffix = program.seed % 4 === 0 ? '.json.gz' : '.json';
    process.send?.({ result: await runProgram(program, join(folder, `${++count}${suffix}`)) });
  } catch (error) {
    process.send?.({ error: (error as Error).stack });
  }
});
process.once('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
