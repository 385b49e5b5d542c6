import { Callers } from './calls.js';
import { guarded } from './guard.js';
import type { Operation } from './operation.js';
import { type ClassWith, patchWhenLoaded } from './packages.js';
import type { Undo } from './undo.js';

/** What is asked of a pool, as far as it is known then. */
export interface PoolRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | URL;
}

/** A request that waits, in which pool. */
interface Waiting {
  readonly operation: Operation;
  readonly pool: object;
}

/**
 * undici up to 7 queues a request when no connection of its pool is free, and sends it from the context of the
 * request that has freed one. Without this it would belong to that one, and would seem to begin only then.
 *
 * @param beginRequest Begins what stands for a request.
 * @returns what gives the operation of the request that is sent now, if it has waited. It can be had once.
 */
export function followUndiciPools(
  undo: Undo,
  beginRequest: (request: PoolRequest) => Operation | undefined,
): () => Operation | undefined {
  /** By what is told of a request. */
  const callers = new Callers();
  const waiting = new Map<object, Waiting>();
  const begin = guarded(beginRequest);
  /** What is told of the request that a pool takes now, until a connection has it. */
  let taken: unknown;
  let waited: Operation | undefined;

  const wait = (pool: object, options: Partial<PoolRequest>, handler: object) => {
    const { method = 'GET', path, origin = originOf(pool) } = options;
    if (typeof path !== 'string' || origin === undefined) return;
    const operation = begin({ method, path, origin });
    if (operation !== undefined) waiting.set(handler, { operation, pool });
  };
  patchWhenLoaded(undo, {
    'undici/lib/dispatcher/pool-base.js': ({
      PoolBase: { prototype },
    }: {
      PoolBase: ClassWith<never>;
    }) => {
      undo.replace(prototype, symbolOf(prototype, 'dispatch'), (original) => {
        return function (this: object, ...args) {
          const [options, handler] = args;
          callers.keep(handler);
          taken = handler;
          const result = original.apply(this, args);
          if (taken === handler) wait(this, options, handler);
          taken = undefined;
          return result;
        };
      });
      undo.replace(prototype, symbolOf(prototype, 'destroy'), (original) => {
        return function (this: object, ...args) {
          for (const [handler, { operation, pool }] of waiting) {
            if (pool !== this) continue;
            waiting.delete(handler);
            operation.finish({ 'error.type': 'UND_ERR_DESTROYED' });
          }
          return original.apply(this, args);
        };
      });
    },
    'undici/lib/dispatcher/dispatcher-base.js': ({ prototype }: ClassWith<'dispatch'>) => {
      undo.replace(prototype, 'dispatch', (original) => {
        return function dispatch(this: unknown, ...args) {
          const handler = args[1];
          if (taken === handler) taken = undefined;
          waited = waiting.get(handler)?.operation;
          waiting.delete(handler);
          try {
            return (callers.of(handler) ?? Reflect.apply)(original, this, args);
          } finally {
            // A connection that is closed makes no request.
            waited?.finish();
            waited = undefined;
          }
        };
      });
    },
  });
  return () => {
    const operation = waited;
    waited = undefined;
    return operation;
  };
}

/** undici's symbols are known by what they are called only. */
function symbolOf(holder: object, name: string): never {
  return Object.getOwnPropertySymbols(holder).find(
    ({ description }) => description === name,
  ) as never;
}

function originOf(pool: object): URL | undefined {
  const url: unknown = pool[symbolOf(pool, 'url')];
  return url instanceof URL ? url : undefined;
}
