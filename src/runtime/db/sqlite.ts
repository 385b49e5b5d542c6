import type { CallShape } from '../channels.js';
import { guarded } from '../guard.js';
import { errorOutcome } from '../operation.js';
import type { Patches } from '../packages.js';
import type { AnyFunction } from '../undo.js';
import type { ClientContext } from './clients.js';
import { CATEGORY } from './queries.js';

/** A class of databases, of which the instances have `prepare` and `exec`. */
interface DatabaseClass<Instance> {
  readonly prototype: Readonly<Record<'prepare' | 'exec', unknown>> & Instance;
}

interface NodeDatabase {
  location?(): string | null;
}

interface BetterDatabase {
  readonly name?: string;
}

/** What a statement runs by; by `iterate` it runs as long as the program likes. */
const METHODS = ['run', 'get', 'all'] as const;

/** node:sqlite and better-sqlite3: their queries are spans, as the thread runs them itself. */
export function traceSqlite({ tracer, queries, undo }: ClientContext): Patches {
  /** Of each statement, its text and where its database is. */
  const statements = new WeakMap<object, readonly [sql: string, namespace: string | undefined]>();
  const patched = new WeakSet<object>();

  const describe = guarded((sql: string, namespace: string | undefined, parameters?: unknown) =>
    queries.sql({ system: 'sqlite', namespace }, sql, parameters),
  );
  const run = (shape: CallShape | undefined, self: unknown, fn: AnyFunction, args: unknown[]) => {
    if (shape === undefined) return fn.apply(self, args);
    const span = tracer.span(shape.name, CATEGORY, shape.args);
    try {
      const result = fn.apply(self, args);
      span.end();
      return result;
    } catch (error) {
      span.end(errorOutcome(error));
      throw error;
    }
  };

  const learn = guarded((statement: object, sql: string, namespace: string | undefined) => {
    statements.set(statement, [sql, namespace]);
    const prototype = Object.getPrototypeOf(statement);
    if (patched.has(prototype)) return;
    patched.add(prototype);
    for (const name of METHODS) {
      undo.replace(prototype, name, (original) => {
        return function (this: object, ...args) {
          const known = statements.get(this);
          const parameters = args.length === 1 && typeof args[0] === 'object' ? args[0] : args;
          return run(known && describe(...known, parameters), this, original, args);
        };
      });
    }
  });

  const patch = <Instance extends object>(
    { prototype }: DatabaseClass<Instance>,
    namespaceOf: (database: Instance) => string | null | undefined,
  ) => {
    const namespace = (database: Instance) => {
      try {
        return namespaceOf(database) ?? ':memory:';
      } catch {
        // It is not open, or none: what is called then throws.
        return undefined;
      }
    };
    undo.replace(prototype, 'prepare', (original) => {
      return function prepare(this: Instance, ...args) {
        let statement: object;
        try {
          statement = original.apply(this, args);
        } catch (error) {
          // There is nothing that could run it: this is all that is seen of the query.
          const [sql] = args;
          const shape = typeof sql === 'string' ? describe(sql, namespace(this)) : undefined;
          const fail = () => {
            throw error;
          };
          return run(shape, this, fail, []);
        }
        learn(statement, String(args[0]), namespace(this));
        return statement;
      };
    });
    undo.replace(prototype, 'exec', (original) => {
      return function exec(this: Instance, ...args) {
        const [sql] = args;
        const shape = typeof sql === 'string' ? describe(sql, namespace(this)) : undefined;
        return run(shape, this, original, args);
      };
    });
  };

  return {
    'node:sqlite': ({ DatabaseSync }: { DatabaseSync: DatabaseClass<NodeDatabase> }) =>
      patch(DatabaseSync, (database) => database.location?.()),
    'better-sqlite3/lib/database.js': (Database: DatabaseClass<BetterDatabase>) =>
      patch(Database, (database) => database.name),
  };
}
