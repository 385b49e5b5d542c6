import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { Destination } from '../propagation.js';
import { TRACEPARENT } from '../traceparent.js';
import type { Undo } from '../undo.js';
import { withValues } from '../with-values.js';
import type { AddHeader, Messages } from './messages.js';

const SYSTEM = 'bullmq';

interface Job {
  readonly id?: string;
  readonly queueName: string;
  readonly queueQualifiedName: string;
  readonly opts?: JobOptions;
}

interface JobOptions {
  /** What those who trace put into a job: a text, of which bullmq knows nothing. */
  readonly telemetry?: { readonly metadata?: string };
  readonly repeat?: unknown;
}

interface NewJob {
  readonly opts?: JobOptions;
}

interface Connection {
  readonly host?: string;
  readonly port?: number;
  readonly url?: string;
  readonly nodes?: unknown;
  /** Of a client that the program has made. */
  readonly options?: Connection;
}

interface Queue {
  readonly name: string;
  readonly opts?: { readonly connection?: Connection; readonly telemetry?: unknown };
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
  const serverOfQueue = guarded(serverOf);
  const patchQueue = ({ Queue }: { Queue: QueueClass }) => {
    undo.replace(Queue.prototype, 'add', (original) => {
      return function add(this: Queue, ...args) {
        const carry = carryBy(
          () => args[2],
          (opts) => {
            args[2] = opts;
          },
        );
        return send(this, [carry], () => original.apply(this, args));
      };
    });
    undo.replace(Queue.prototype, 'addBulk', (original) => {
      return function addBulk(this: Queue, ...args) {
        const jobs = Array.isArray(args[0]) ? (args[0] as unknown[]).slice() : [];
        const carry = jobs.map((job, at) => {
          if (typeof job !== 'object' || job === null) return undefined;
          return carryBy(
            () => (job as NewJob).opts,
            (opts) => {
              jobs[at] = withValues<NewJob>(job, { opts });
              args[0] = jobs;
            },
          );
        });
        return send(this, carry, () => original.apply(this, args));
      };
    });
  };
  const send = (queue: Queue, carry: (AddHeader | undefined)[], run: () => unknown) =>
    messages.sendLater(
      { system: SYSTEM, name: queue.name },
      serverOfQueue(queue),
      carry,
      run,
      (jobs: Job | Job[]) => [jobs].flat().map(keyOf),
    );
  const patchWorker = ({ Worker }: { Worker: WorkerClass }) => {
    undo.replace(Worker.prototype, 'callProcessJob', (original) => {
      return function callProcessJob(this: unknown, ...args) {
        return messages.receive(describe(args[0]), headerIn(args[0]), () =>
          original.apply(this, args),
        );
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

/** How a new job gets a header into its options; undefined where somebody else has put something there. */
function carryBy(
  optionsOf: () => JobOptions | undefined,
  give: (opts: JobOptions) => void,
): AddHeader | undefined {
  try {
    const opts = optionsOf();
    // A job that is repeated would lead back to here for ever.
    if (opts?.telemetry !== undefined || opts?.repeat !== undefined) return undefined;
    return (text) => {
      // As OpenTelemetry's package for bullmq writes it.
      const metadata = JSON.stringify({ [TRACEPARENT]: text });
      give(withValues<JobOptions>(Object(opts), { telemetry: { metadata } }));
    };
  } catch {
    // By a getter of the program's, which bullmq is to meet where it looks itself.
    return undefined;
  }
}

function headerIn({ opts }: Job): unknown {
  try {
    return JSON.parse(opts?.telemetry?.metadata ?? '{}')[TRACEPARENT];
  } catch {
    // Others write something else there.
    return undefined;
  }
}

/**
 * The server of a queue; undefined where there are several, or where bullmq puts something into jobs
 * itself.
 */
function serverOf({ opts }: Queue): Destination | undefined {
  const { connection } = opts ?? {};
  const { host, port, url, nodes } = connection?.options ?? connection ?? {};
  if (opts?.telemetry !== undefined || nodes !== undefined) return undefined;
  const { hostname = host ?? 'localhost' } = url === undefined ? {} : new URL(url);
  return { hostname, host: `${hostname}:${port}` };
}

function keyOf({ queueQualifiedName, id }: Job): string {
  return `${queueQualifiedName} ${id}`;
}
