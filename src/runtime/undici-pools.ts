import { Callers } from './calls.js';
import { type ClassWith, patchWhenLoaded } from './packages.js';
import { Undo } from './undo.js';

/**
 * undici up to 7: requests for which a pool has no connection wait in a queue of its own. Each would belong
 * to the one that has set a connection free.
 */
export function traceUndiciPools(): Disposable {
  const undo = new Undo();
  /** By what is told of a request. */
  const callers = new Callers();
  patchWhenLoaded(undo, {
    'undici/lib/dispatcher/pool-base.js': ({
      PoolBase: { prototype },
    }: {
      PoolBase: ClassWith<never>;
    }) => {
      const dispatch = Object.getOwnPropertySymbols(prototype).find(
        ({ description }) => description === 'dispatch',
      );
      undo.replace(prototype, dispatch as never, (original) => {
        return function (this: unknown, ...args) {
          const handler = args[1];
          callers.keep(handler);
          return original.apply(this, args);
        };
      });
    },
    'undici/lib/dispatcher/dispatcher-base.js': ({ prototype }: ClassWith<'dispatch'>) => {
      undo.replace(prototype, 'dispatch', (original) => {
        return function dispatch(this: unknown, ...args) {
          const call = callers.of(args[1]) ?? Reflect.apply;
          return call(original, this, args);
        };
      });
    },
  });
  return undo;
}
