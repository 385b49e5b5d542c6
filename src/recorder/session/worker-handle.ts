import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { isSharedArrayBuffer } from '../../intrinsics/language.js';
import { Arena } from '../arena/arena.js';
import type { TracerHandle } from '../types.js';
import { OWNERS, type Owner } from './owner.js';
import { HANDLE_VERSION } from './shared-state.js';

/** Workers find the handle of a tracer under its key, and so do their own workers. */
const KEYS: Readonly<Record<Owner, string>> = {
  program: 'tracelane.global',
  run: 'tracelane.run',
};

/** Hands the trace on to workers that start from now on; undefined: no trace. */
export function publishHandle(owner: Owner, handle: TracerHandle | undefined): void {
  setEnvironmentData(KEYS[owner], handle);
}

/** The handle that this thread was started with, or has published: maybe of another version. */
export function inheritedHandle(owner: Owner): unknown {
  return getEnvironmentData(KEYS[owner]);
}

/** The value as a handle, if it is one of this version. Never throws, whatever the value is. */
export function readHandle(value: unknown): TracerHandle | undefined {
  try {
    const { tracelane, memory, outputFile, categories, overflow, immediate, from } =
      value as TracerHandle;
    const isHandle =
      tracelane === HANDLE_VERSION &&
      isSharedArrayBuffer(memory) &&
      Arena.isOneOf(memory, HANDLE_VERSION) &&
      typeof outputFile === 'string' &&
      typeof categories === 'string' &&
      (overflow === 'block' || overflow === 'drop') &&
      typeof immediate === 'boolean' &&
      Number.isSafeInteger(from);
    // A copy of what was checked: a getter may give something else the next time.
    return isHandle
      ? { tracelane, memory, outputFile, categories, overflow, immediate, from }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The trace is over: no longer hands it on, so that its memory can be freed. */
export function withdrawHandle({ memory }: TracerHandle): void {
  for (const owner of OWNERS) {
    const published = inheritedHandle(owner) as Partial<TracerHandle> | undefined;
    if (published?.memory === memory) publishHandle(owner, undefined);
  }
}
