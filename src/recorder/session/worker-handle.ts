import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { isSharedArrayBuffer } from '../../intrinsics/language.js';
import { Arena } from '../arena/arena.js';
import type { TracerHandle } from '../types.js';
import { HANDLE_VERSION } from './shared-state.js';

/** Workers find the handle of the program's tracer under this key; theirs inherit it. */
const KEY = 'tracelane.global';

/** Hands the trace on to workers that start from now on. */
export function publishHandle(handle: TracerHandle | undefined): void {
  setEnvironmentData(KEY, handle);
}

/** The trace that this thread was started in: a handle, of this version or another. */
export function inheritedHandle(): unknown {
  return getEnvironmentData(KEY);
}

/** What was given as a handle, if it is one of this version. Whatever it is, this does not throw. */
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
    // What was looked at, and not what a getter may give the next time.
    return isHandle
      ? { tracelane, memory, outputFile, categories, overflow, immediate, from }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The trace of a handle is over: it is handed on no more, and its memory can go. */
export function withdrawHandle({ memory }: TracerHandle): void {
  const published = inheritedHandle() as Partial<TracerHandle> | undefined;
  if (published?.memory === memory) publishHandle(undefined);
}
