// First: the library takes its clock when it is loaded, and readings of that one are to be seen.
import './clock.js';

import { isMainThread, parentPort, threadId, workerData } from 'node:worker_threads';
import { getGlobalTracer, setGlobalTracer, Tracer, type TracerHandle } from 'tracelane';
import { Actor, type Task } from './actor.js';
import type { ThreadLedger } from './ledger.js';
import type { Script } from './program.js';

/**
 * A thread or a process that runs a script of a program, and others' tasks: a worker, which may
 * serve many programs one after the other, or a child process.
 */

export interface Orders {
  readonly script: Script;
  readonly thread: number;
  readonly prefix: string;
  readonly origin: bigint;
  readonly skipped: string | undefined;
  /** Where there is none, the tracer is there already. */
  readonly handle: TracerHandle | undefined;
}

/** To a worker. */
export type Command =
  | { readonly kind: 'start'; readonly orders: Orders }
  | { readonly kind: 'task'; readonly number: number; readonly task: Task }
  | { readonly kind: 'sent'; readonly number: number }
  /** `leave`: the tracer is stopped on this thread before it is on the main one. */
  | { readonly kind: 'finish'; readonly leave: boolean };

/** From a worker. */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'task done'; readonly number: number }
  | { readonly kind: 'send'; readonly number: number; readonly to: number; readonly task: Task }
  | { readonly kind: 'ledger'; readonly ledger: ThreadLedger };

export function ledgerOf({ entries, problems, threadName }: Actor): ThreadLedger {
  return { pid: process.pid, tid: process.pid + threadId, name: threadName, entries, problems };
}

function serve(): void {
  const port = parentPort as NonNullable<typeof parentPort>;
  const answer = (message: Answer): void => port.postMessage(message);
  const sent = new Map<number, () => void>();
  let numbers = 0;
  let tracer = getGlobalTracer();
  let actor: Actor | undefined;
  port.on('message', async (command: Command) => {
    switch (command.kind) {
      case 'start': {
        const { handle, script, ...orders } = command.orders;
        if (handle !== undefined) {
          tracer = Tracer.connect(handle);
          setGlobalTracer(tracer);
        }
        const send = (to: number, task: Task) => {
          const number = ++numbers;
          answer({ kind: 'send', number, to, task });
          return new Promise<void>((resolve) => sent.set(number, resolve));
        };
        actor = new Actor({ ...orders, tracer, send });
        await actor.run(script);
        answer({ kind: 'done' });
        break;
      }
      case 'task':
        actor?.take(command.task);
        answer({ kind: 'task done', number: command.number });
        break;
      case 'sent':
        sent.get(command.number)?.();
        sent.delete(command.number);
        break;
      case 'finish': {
        const ledger = ledgerOf(actor as Actor);
        if (command.leave) await tracer.stop();
        setGlobalTracer(undefined);
        answer({ kind: 'ledger', ledger });
        break;
      }
    }
  });
}

/** A child process: it finds the trace of its parent by itself. */
function runAsChild(): void {
  process.once('message', async ({ script, ...orders }: Orders) => {
    const tracer = getGlobalTracer();
    const actor = new Actor({ ...orders, tracer, send: () => Promise.resolve() });
    await actor.run(script);
    process.send?.(ledgerOf(actor), undefined, undefined, () => process.disconnect());
  });
}

if (!isMainThread && workerData === 'member') serve();
else if (process.argv[2] === 'child') runAsChild();
