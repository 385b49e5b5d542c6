import workerThreads from 'node:worker_threads';

/**
 * A version of the handle, of all that stands in the arena, and of what copies of tracelane share.
 */
export const HANDLE_VERSION = 1;

/**
 * What all copies of tracelane in a thread have together: a program may load it as an ES module and
 * as CommonJS, in a bundle and as a package, in a `vm` context. Two of them with a recorder each for
 * one thread would draw over each other. Copies of another version have theirs.
 *
 * It hangs on a module of Node's own, as there is one of that in a thread, whatever its globals are.
 */
export function sharedByCopies<T extends object>(name: string, make: () => T): T {
  const slots = workerThreads as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(`tracelane ${HANDLE_VERSION} ${name}`);
  const present = slots[key];
  if (present !== undefined) return present;
  const made = make();
  try {
    Object.defineProperty(slots, key, { value: made });
  } catch {
    // A runtime that has frozen the module: there, each copy is alone.
  }
  return made;
}
