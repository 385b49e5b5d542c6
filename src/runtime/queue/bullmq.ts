import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { Undo } from '../undo.js';
import type { Messages } from './messages.js';

const SYSTEM = 'bullmq';

interface Job {
  readonly id?: string;
  readonly queueName: string;
  readonly queueQualifiedName: string;
}

interface QueueClass {
  readonly prototype: { readonly add: unknown; readonly addBulk: unknown };
}

interface WorkerClass {
  readonly prototype: { readonly callProcessJob: unknown };
}

/** bullmq: what adds jobs, and workers that process them. */
export function traceBullmq(messages: Messages, undo: Undo): Patches {
  const describe = guarded((job: Job) => {
    const { queueName: name, id } = job;
    return { queue: { system: SYSTEM, name }, key: keyOf(job), id };
  });
  const patchQueue = ({ Queue }: { Queue: QueueClass }) => {
    for (const name of ['add', 'addBulk'] as const) {
      undo.replace(Queue.prototype, name, (original) => {
        return function (this: { name: string }, ...args) {
          const queue = { system: SYSTEM, name: this.name };
          const run = () => original.apply(this, args);
          const bulk = Array.isArray(args[0]) ? args[0].length : 0;
          const count = name === 'add' ? 1 : bulk;
          return messages.sendLater(queue, count, run, (jobs: Job | Job[]) =>
            [jobs].flat().map(keyOf),
          );
        };
      });
    }
  };
  const patchWorker = ({ Worker }: { Worker: WorkerClass }) => {
    undo.replace(Worker.prototype, 'callProcessJob', (original) => {
      return function callProcessJob(this: unknown, ...args) {
        return messages.receive(describe(args[0]), () => original.apply(this, args));
      };
    });
  };
  return {
    'bullmq/dist/cjs/classes/queue.js': patchQueue,
    'bullmq/dist/cjs/classes/worker.js': patchWorker,
    'bullmq/dist/esm/classes/queue.js': { names: ['Queue'], patch: patchQueue },
    'bullmq/dist/esm/classes/worker.js': { names: ['Worker'], patch: patchWorker },
  };
}

function keyOf({ queueQualifiedName, id }: Job): string {
  return `${queueQualifiedName} ${id}`;
}
