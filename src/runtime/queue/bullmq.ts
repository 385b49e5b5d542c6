import { guarded } from '../guard.js';
import type { ClassWith, Patches } from '../packages.js';
import type { Destination } from '../propagation.js';
import { TRACEPARENT } from '../traceparent.js';
import type { Undo } from '../undo.js';
import { withValues } from '../with-values.js';
import { type AddHeader, MAX_SENT, type Messages } from './messages.js';

const SYSTEM = 'bullmq';

interface Job {
  readonly id?: string;
  readonly queueName: string;
  readonly queueQualifiedName: string;
  readonly opts?: JobOptions;
}

/** What is told of a job to a processor in another process or thread. */
interface SandboxJob extends Job {
  [TRACEPARENT]?: string;
}

interface ChildProcessor {
  /** While there is a job. */
  readonly currentJobPromise?: Promise<unknown>;
}

interface JobOptions {
  /** What those who trace put into a job: a text, of which bullmq knows nothing. */
  readonly telemetry?: { readonly metadata?: string };
  readonly repeat?: unknown;
}

interface NewJob {
  readonly opts?: JobOptions;
}

/** A job to be added, with those that have to be done before it. */
interface NewFlow extends NewJob {
  readonly queueName?: string;
  readonly children?: readonly NewFlow[];
}

/** The same once it is added. */
interface Flow {
  readonly job: Job;
  readonly children?: readonly Flow[];
}

interface FlowJob {
  readonly queueName: string;
  readonly carry: AddHeader | undefined;
}

interface Connection {
  readonly host?: string;
  readonly port?: number;
  readonly url?: string;
  readonly nodes?: unknown;
  /** Of a client that the program has made. */
  readonly options?: Connection;
}

interface Sender {
  readonly opts?: { readonly connection?: Connection; readonly telemetry?: unknown };
}

interface Queue extends Sender {
  readonly name: string;
}

type QueueClass = ClassWith<'add' | 'addBulk' | 'upsertJobScheduler'>;

/** bullmq: what adds jobs, and workers that process them. */
export function traceBullmq(messages: Messages, undo: Undo): Patches {
  const describe = guarded((job: Job) => {
    const { queueName: name, id } = job;
    return { queue: { system: SYSTEM, name }, key: () => keyOf(job), id };
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
    undo.replace(Queue.prototype, 'upsertJobScheduler', (original) => {
      return function upsertJobScheduler(this: Queue, ...args) {
        // What it carried, all jobs to come would carry.
        return send(this, [undefined], () => original.apply(this, args));
      };
    });
  };
  const patchFlowProducer = ({ FlowProducer }: { FlowProducer: ClassWith<'add' | 'addBulk'> }) => {
    for (const name of ['add', 'addBulk'] as const) {
      undo.replace(FlowProducer.prototype, name, (original) => {
        return function addFlows(this: Sender, ...args) {
          const { flows, jobs } = openFlows(args[0]);
          return sendFlows(this, jobs, () => {
            args[0] = flows;
            return original.apply(this, args);
          });
        };
      });
    }
  };
  const send = (queue: Queue, carry: (AddHeader | undefined)[], run: () => unknown) =>
    messages.sendLater(
      { system: SYSTEM, name: queue.name },
      serverOfQueue(queue),
      carry,
      run,
      // There is none where a repetition has come to its end.
      (jobs: Job | Job[] | undefined) => [jobs].flat().map((job) => job && keyOf(job)),
    );
  const sendFlows = (sender: Sender, jobs: readonly FlowJob[], run: () => unknown) => {
    const queues = new Set(jobs.map(({ queueName }) => queueName));
    const remember: (((keys: string[]) => void) | undefined)[] = [];
    const server = serverOfQueue(sender);
    const sendAll = () => {
      for (const { queueName, carry } of jobs.slice(0, MAX_SENT)) {
        remember.push(messages.post({ system: SYSTEM, name: queueName }, server, [carry]));
      }
      return run();
    };
    const sent = guarded((flows: unknown) => {
      for (const [at, job] of jobsIn(flows).entries()) remember[at]?.([keyOf(job)]);
    });
    return messages.sendBy(SYSTEM, Array.from(queues), jobs.length, sendAll, sent);
  };
  const patchWorker = ({ Worker }: { Worker: ClassWith<'callProcessJob'> }) => {
    undo.replace(Worker.prototype, 'callProcessJob', (original) => {
      return function callProcessJob(this: unknown, ...args) {
        return messages.receive(describe(args[0]), headerIn(args[0]), () =>
          original.apply(this, args),
        );
      };
    });
  };
  const handOn = guarded((job: SandboxJob) => {
    const message = describe(job);
    if (message === undefined) return;
    messages.handOn(message, (text) => {
      job[TRACEPARENT] = text;
    });
  });
  const patchJob = ({ Job }: { Job: ClassWith<'asJSONSandbox'> }) => {
    undo.replace(Job.prototype, 'asJSONSandbox', (original) => {
      return function asJSONSandbox(this: unknown, ...args) {
        const job = original.apply(this, args);
        handOn(job);
        return job;
      };
    });
  };
  const patchChildProcessor = ({ ChildProcessor }: { ChildProcessor: ClassWith<'start'> }) => {
    undo.replace(ChildProcessor.prototype, 'start', (original) => {
      return function start(this: ChildProcessor, ...args) {
        const { [TRACEPARENT]: header, ...job }: SandboxJob = args[0];
        const before = this.currentJobPromise;
        let started: unknown;
        messages.receive(describe(job), header, () => {
          started = original.call(this, job, ...args.slice(1));
          // That it fails, bullmq tells whom it belongs to.
          const { currentJobPromise } = this;
          return currentJobPromise === before ? undefined : currentJobPromise?.catch(() => {});
        });
        return started;
      };
    });
  };
  return {
    ...bothBuilds('queue', 'Queue', patchQueue),
    ...bothBuilds('flow-producer', 'FlowProducer', patchFlowProducer),
    ...bothBuilds('worker', 'Worker', patchWorker),
    ...bothBuilds('job', 'Job', patchJob),
    ...bothBuilds('child-processor', 'ChildProcessor', patchChildProcessor),
  };
}

/** A class is patched in each of the two kinds of modules that the package has. */
function bothBuilds(file: string, name: string, patch: (exports: never) => void): Patches {
  return {
    [`bullmq/dist/cjs/classes/${file}.js`]: patch,
    [`bullmq/dist/esm/classes/${file}.js`]: { names: [name], patch },
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

/**
 * What is to be added instead of flows, or of one, so that each of their jobs can get a header; and these
 * jobs, each before those that it waits for.
 */
function openFlows(flows: unknown): { readonly flows: unknown; readonly jobs: readonly FlowJob[] } {
  const jobs: FlowJob[] = [];
  const open = (flow: NewFlow): NewFlow => {
    if (typeof flow !== 'object' || flow === null) return flow;
    const { queueName, children } = flow;
    const given: { opts?: JobOptions; children?: readonly NewFlow[] } = {};
    const carry = carryBy(
      () => flow.opts,
      (opts) => {
        Object.assign(copy, { opts });
      },
    );
    jobs.push({ queueName: String(queueName), carry });
    if (Array.isArray(children)) given.children = children.map(open);
    const copy = withValues<NewFlow>(flow, given);
    return copy;
  };
  try {
    return { flows: Array.isArray(flows) ? flows.map(open) : open(flows as NewFlow), jobs };
  } catch {
    // By a getter of the program's, or as a flow is inside of itself: bullmq is to find that out itself.
    return { flows, jobs: [] };
  }
}

/** The jobs of flows that were added, in the same order; none where they could not be, as all is closing. */
function jobsIn(flows: unknown): readonly Job[] {
  const given = [flows].flat() as readonly (Flow | undefined)[];
  return given.flatMap((flow) => (flow ? [flow.job, ...jobsIn(flow.children)] : []));
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
 * The server of a queue, or of what adds to several; undefined where there are several servers, or where
 * bullmq puts something into jobs itself.
 */
function serverOf({ opts }: Sender): Destination | undefined {
  const { connection } = opts ?? {};
  const { host, port, url, nodes } = connection?.options ?? connection ?? {};
  if (opts?.telemetry !== undefined || nodes !== undefined) return undefined;
  const { hostname = host ?? 'localhost' } = url === undefined ? {} : new URL(url);
  return { hostname, host: `${hostname}:${port}` };
}

function keyOf({ queueQualifiedName, id }: Job): string {
  return `${queueQualifiedName} ${id}`;
}
