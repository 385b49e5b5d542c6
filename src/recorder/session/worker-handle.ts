import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { TracerHandle } from '../types.js';

/** Workers find the handle of the program's tracer under this key; theirs inherit it. */
const KEY = 'tracelane.global';

/** Hands the trace on to workers that start from now on. */
export function publishHandle(handle: TracerHandle | undefined): void {
  setEnvironmentData(KEY, handle);
}

/** The trace that this thread was started in. */
export function inheritedHandle(): TracerHandle | undefined {
  return getEnvironmentData(KEY) as TracerHandle | undefined;
}

/** The trace of a handle is over: it is handed on no more, and its memory can go. */
export function withdrawHandle({ memory }: TracerHandle): void {
  if (inheritedHandle()?.memory === memory) publishHandle(undefined);
}
