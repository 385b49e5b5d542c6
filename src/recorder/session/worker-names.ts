import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { reflect, trim } from '../../intrinsics/language.js';

/** Under this key a worker finds the name that its program gave it. */
const KEY = 'tracelane.threadName';

/** What Node calls a worker that its program gave no name. */
const UNNAMED: readonly unknown[] = [undefined, '', 'WorkerThread'];

/** Whether Node tells a worker its name. Node 20 does not. */
const KNOWS_NAMES = 'threadName' in workerThreads;

let isNaming = false;

/**
 * The name that the program gave this worker, if any.
 *
 * On Node 20, if worker A does not load tracelane and starts worker B, B may get the name of A.
 */
export function workerName(): string | undefined {
  const { threadName } = workerThreads as { threadName?: string };
  const name = KNOWS_NAMES ? threadName : getEnvironmentData(KEY);
  // Or the workers that this one starts would inherit it.
  if (!KNOWS_NAMES && name !== undefined) setEnvironmentData(KEY, undefined);
  return typeof name === 'string' && !UNNAMED.includes(name) ? name : undefined;
}

/**
 * On Node 20, tells the workers that this thread starts their names. Only the constructor of `Worker`
 * sees a name, so it is wrapped.
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
