import { existsSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';

/**
 * What the system calls threads: on Linux, a number for each that is there under this folder. Node
 * tells no thread of the end of another that it did not start.
 */
const TASKS = '/proc/self/task';

/**
 * The number of this thread, or 0 where the system does not say. Read at load: by the time it is needed, a
 * program may have put a function that records in the place of what reads it.
 */
export const OWN_TASK = readOwnTask();

function readOwnTask(): number {
  // Deno would ask the user for leave to read this.
  if (process.versions['deno'] !== undefined) return 0;
  try {
    return Number(basename(readlinkSync('/proc/thread-self'))) | 0;
  } catch {
    // Not Linux, or not allowed.
    return 0;
  }
}

/** Whether a thread is known to be no more. Another one may have its number later. */
export function taskIsGone(task: number): boolean {
  if (task === 0) return false;
  try {
    // The main thread is always there: if it is not to be seen, nothing is.
    return !existsSync(`${TASKS}/${task}`) && existsSync(`${TASKS}/${process.pid}`);
  } catch {
    // The permission model of Node 20 throws here.
    return false;
  }
}
