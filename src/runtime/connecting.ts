/**
 * For which operation a connection is being made: clients connect while they are asked for something,
 * before anybody could run them inside of an operation of their own.
 */
let parent = 0;

/** Runs a function that may begin to connect, for the operation with this id. */
export function connectingFor<T>(id: number, connect: () => T): T {
  const before = parent;
  parent = id;
  try {
    return connect();
  } finally {
    parent = before;
  }
}

/** Says for which operation the next connection is made that begins in this turn. */
export function connectsNext(id: number): void {
  parent = id;
  queueMicrotask(() => {
    if (parent === id) parent = 0;
  });
}

/** The id of the operation that a connection is made for; undefined where nobody has said so. */
export function connectingOperation(): number | undefined {
  return parent === 0 ? undefined : parent;
}
