import { performance } from 'node:perf_hooks';

/** What the thread was seen to work for, until it was seen to work for something else. */
interface Activity {
  /** Something with a name, which may change. */
  readonly operation: { readonly name: string };
  readonly since: number;
  /** Milliseconds. */
  readonly time: number;
}

let last: Activity['operation'] | undefined;
let lastSince = 0;
let longest: Activity | undefined;

/** The thread works for an operation: a request came in, or what it waited for is there. */
export function noteActivity(operation: Activity['operation']): void {
  const now = performance.now();
  settle(now);
  last = operation;
  lastSince = now;
}

function settle(now: number): void {
  const time = now - lastSince;
  if (last === undefined || time <= (longest?.time ?? 0)) return;
  longest = { operation: last, since: lastSince, time };
}

/**
 * What the thread worked for longest, if that was not before `from`. All that was noted up to now is
 * forgotten.
 */
export function takeActivity(from: number, now: number): Activity | undefined {
  settle(now);
  const taken = longest !== undefined && longest.since >= from ? longest : undefined;
  last = undefined;
  longest = undefined;
  return taken;
}
