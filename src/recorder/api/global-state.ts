import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { TracerHandle } from '../types.js';
import type { Tracer } from './tracer.js';

/** Workers find the handle of the program's tracer under this key; theirs inherit it. */
const KEY = 'tracelane.global';

/** The tracer of this thread that `setGlobalTracer` was last given. */
export let globalTracer: Tracer | undefined;

export function assignGlobalTracer(tracer: Tracer | undefined): void {
  globalTracer = tracer;
}

/** Hands the trace on to workers that start from now on. */
export function publishHandle(handle: TracerHandle | undefined): void {
  setEnvironmentData(KEY, handle);
}

/** The trace that this thread was started in. */
export function inheritedHandle(): TracerHandle | undefined {
  return getEnvironmentData(KEY) as TracerHandle | undefined;
}
