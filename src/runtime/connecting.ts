import type { Operation } from './operation.js';

/**
 * For which operation a connection is being made: clients connect while they are asked for something,
 * before anybody could run them inside of an operation of their own.
 */
let parent: Operation | undefined;

/** Runs a function that may begin to connect, for an operation. */
export function connectingFor<T>(operation: Operation, connect: () => T): T {
  const before = parent;
  parent = operation;
  try {
    return connect();
  } finally {
    parent = before;
  }
}

/** Says for which operation the next connection is made that begins in this turn. */
export function connectsNext(operation: Operation): void {
  parent = operation;
  queueMicrotask(() => {
    if (parent === operation) parent = undefined;
  });
}

/** The operation that a connection is made for; undefined where nobody has said so. */
export function connectingOperation(): Operation | undefined {
  return parent;
}
