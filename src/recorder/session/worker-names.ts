import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { reflect, trim } from '../../intrinsics/language.js';

/** Under this key a worker finds the name that its program gave it. */
const KEY = 'tracelane.threadName';

/** What Node calls a worker that its program gave no name. */
const UNNAMED: readonly unknown[] = [undefined, '', 'WorkerThread'];

/** Whether a worker can ask Node for its name. In Node 20 it cannot. */
const KNOWS_NAMES = 'threadName' in workerThreads;

let isNaming = false;

/**
 * The name that this worker's program gave it, if any.
 *
 * On Node 20, a worker started by a worker that does not load tracelane may find the name of that.
 */
export function workerName(): string | undefined {
  const { threadName } = workerThreads as { threadName?: string };
  const name = KNOWS_NAMES ? threadName : getEnvironmentData(KEY);
  // Its own workers are not called that.
  if (!KNOWS_NAMES && name !== undefined) setEnvironmentData(KEY, undefined);
  return typeof name === 'string' && !UNNAMED.includes(name) ? name : undefined;
}

/**
 * Hands names on to the workers that this thread starts, where Node itself tells nobody: on
 * Node 20. The constructor is the only place where the name is to be seen.
 */
export function nameWorkers(): void {
  if (KNOWS_NAMES || isNaming) return;
  isNaming = true;
  const construct: ProxyHandler<typeof workerThreads.Worker>['construct'] = (
    target,
    args,
    newTarget,
  ) => {
    const name: unknown = args[1]?.name;
    if (typeof name !== 'string') return reflect.construct(target, args, newTarget);
    setEnvironmentData(KEY, trim(name));
    try {
      return reflect.construct(target, args, newTarget);
    } finally {
      setEnvironmentData(KEY, undefined);
    }
  };
  workerThreads.Worker = new Proxy(workerThreads.Worker, { construct });
  syncBuiltinESMExports();
}
