import { withKeptCallback } from '../calls.js';
import { guarded } from '../guard.js';
import { errorType, type Operation } from '../operation.js';
import type { Patches } from '../packages.js';
import { type AnyFunction, Undo } from '../undo.js';
import type { ClientContext } from './clients.js';

/** A promise that sends its query when somebody waits for it. */
interface PostgresQuery {
  readonly strings: readonly string[];
  readonly args: readonly unknown[];
  readonly executed: boolean;
  readonly resolve: AnyFunction;
  readonly reject: AnyFunction;
}

/** postgres (not pg): queries from when they are awaited. */
export function tracePostgres({ queries, undo }: ClientContext): Patches {
  /** Of each query that has been sent, and by which function it is told that it has its result. */
  const sent = new WeakMap<PostgresQuery, { operation: Operation; resolve: AnyFunction }>();

  const begin = guarded((query: PostgresQuery) => {
    const known = sent.get(query);
    if (known === undefined && query.executed) return;
    // Whoever iterates over rows puts a new one there for each of them.
    if (known?.resolve === query.resolve) return;
    const text = query.strings.reduce((before, part, at) => `${before}$${at}${part}`);
    const operation =
      known?.operation ?? queries.begin(queries.sql({ system: 'postgresql' }, text, query.args));
    if (operation === undefined) return;
    finishWithQuery(query, operation);
    sent.set(query, { operation, resolve: query.resolve });
  });
  const patch = ({
    Query,
  }: {
    Query: { prototype: Record<'handle' | 'cursor' | 'forEach', unknown> };
  }) => {
    undo.replace(Query.prototype, 'handle', (original) => {
      return function handle(this: PostgresQuery, ...args) {
        begin(this);
        return original.apply(this, args);
      };
    });
    // Functions that are given rows.
    for (const name of ['cursor', 'forEach'] as const) {
      undo.replace(Query.prototype, name, withKeptCallback);
    }
  };
  return {
    'postgres/cjs/src/query.js': patch,
    'postgres/src/query.js': { names: ['Query'], patch },
  };
}

function finishWithQuery(query: PostgresQuery, operation: Operation): void {
  const patched = new Undo();
  for (const name of ['resolve', 'reject'] as const) {
    patched.replace(query, name, (original) => {
      return function (this: unknown, ...args) {
        operation.finish(name === 'reject' ? { 'error.type': errorType(args[0]) } : undefined);
        return original.apply(this, args);
      };
    });
  }
}
