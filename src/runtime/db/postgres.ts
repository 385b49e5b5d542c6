import { withKeptCallback } from '../calls.js';
import { guarded } from '../guard.js';
import { errorOutcome, type Operation } from '../operation.js';
import type { Patches } from '../packages.js';
import { type AnyFunction, Undo } from '../undo.js';
import type { ClientContext } from './clients.js';

/** A promise that sends its query when somebody waits for it. */
interface PostgresQuery {
  readonly strings: readonly string[];
  readonly args: readonly unknown[];
  readonly executed: boolean;
  /** What it is made of, once it is on its way. */
  readonly string?: string;
  readonly parameters?: readonly unknown[];
  readonly resolve: AnyFunction;
  readonly reject: AnyFunction;
}

const DATABASE = { system: 'postgresql' } as const;

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
    const isMade = query.args.some(isPart);
    const parameters = isMade ? undefined : query.args;
    const operation = known?.operation ?? queries.begin(queries.sql(DATABASE, text, parameters));
    if (operation === undefined) return;
    finishWithQuery(query, operation, () => {
      if (isMade && query.string !== undefined) tellMade(operation, query);
    });
    sent.set(query, { operation, resolve: query.resolve });
  });
  /** The names and parts of queries that are given as values are in its text only when it is sent. */
  const tellMade = guarded((operation: Operation, { string = '', parameters }: PostgresQuery) => {
    const { name, args } = queries.sql(DATABASE, string, parameters);
    operation.rename(name);
    operation.set(args);
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

/** Whether what a query is given is no value: names, parts, lists of these. All that look like promises. */
function isPart(given: unknown): boolean {
  const first = Array.isArray(given) ? given[0] : given;
  return typeof (first as { then?: unknown } | null | undefined)?.then === 'function';
}

function finishWithQuery(query: PostgresQuery, operation: Operation, before: () => void): void {
  const patched = new Undo();
  for (const name of ['resolve', 'reject'] as const) {
    patched.replace(query, name, (original) => {
      return function (this: unknown, ...args) {
        before();
        operation.finish(name === 'reject' ? errorOutcome(args[0]) : undefined);
        return original.apply(this, args);
      };
    });
  }
}
