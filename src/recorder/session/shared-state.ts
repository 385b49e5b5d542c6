import workerThreads from 'node:worker_threads';

/**
 * The version of the handle, of the arena's layout, and of what copies of tracelane share: a change of
 * any of them is a new version.
 */
export const HANDLE_VERSION = 1;

/**
 * A value that all copies of tracelane in a thread share, if they are of one {@link HANDLE_VERSION}: a
 * program may load it as an ES module and as CommonJS, in a bundle and as a package, in a `vm` context.
 * If each copy had a recorder of its own for the thread, their slices would overlap on one track.
 *
 * It is kept as a property of `node:worker_threads`. Each `vm` context has globals of its own, but of
 * that module there is one in a thread.
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
    // The runtime has frozen the module: each copy keeps its own value.
  }
  return made;
}
