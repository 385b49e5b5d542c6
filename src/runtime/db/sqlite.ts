import { runInSpan } from '../calls.js';
import type { CallShape } from '../channels.js';
import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { AnyFunction } from '../undo.js';
import type { ClientContext } from './clients.js';
import { CATEGORY, type SqlDatabase } from './queries.js';

/** A class of databases, of which the instances have `prepare` and `exec`. */
interface DatabaseClass<Instance> {
  readonly prototype: Readonly<Record<'prepare' | 'exec', AnyFunction>> & Instance;
}

interface NodeDatabase {
  location?(): string | null;
  /** From Node 24 on. */
  readonly createTagStore?: AnyFunction;
}

interface BetterDatabase {
  readonly name?: string;
}

/** What a statement runs by; by `iterate` it runs as long as the program likes. */
const METHODS = ['run', 'get', 'all'] as const;

/** node:sqlite and better-sqlite3: their queries are spans, as the thread runs them itself. */
export function traceSqlite({ tracer, queries, undo }: ClientContext): Patches {
  /** Of each statement, its text and where its database is. */
  const statements = new WeakMap<object, readonly [database: SqlDatabase, sql: string]>();
  const patched = new WeakSet<object>();

  const describe = guarded((database: SqlDatabase, sql: string, parameters?: unknown) =>
    queries.sql(database, sql, parameters),
  );
  const run = (shape: CallShape | undefined, self: unknown, fn: AnyFunction, args: unknown[]) => {
    const span = shape && tracer.span(shape.name, CATEGORY, shape.args);
    return runInSpan(span, () => fn.apply(self, args));
  };

  /** Has the methods by which statements of a kind run recorded, as what they are said to be. */
  const traceMethods = (
    prototype: object,
    shapeOf: (self: object, args: unknown[]) => CallShape | undefined,
  ) => {
    if (patched.has(prototype)) return;
    patched.add(prototype);
    for (const name of METHODS) {
      undo.replace(prototype as never, name as never, (original) => {
        return function (this: object, ...args) {
          return run(shapeOf(this, args), this, original, args);
        };
      });
    }
  };

  const learn = guarded((statement: object, database: SqlDatabase, sql: string) => {
    statements.set(statement, [database, sql]);
    traceMethods(Object.getPrototypeOf(statement), (self, args) => {
      const known = statements.get(self);
      const parameters = args.length === 1 && typeof args[0] === 'object' ? args[0] : args;
      return known && describe(...known, parameters);
    });
  });

  const patch = <Instance extends object>(
    prototype: DatabaseClass<Instance>['prototype'],
    databaseOf: (database: Instance, sql: string) => SqlDatabase,
  ) => {
    undo.replace(prototype, 'prepare', (original) => {
      return function prepare(this: Instance, ...args) {
        let statement: object;
        try {
          statement = original.apply(this, args);
        } catch (error) {
          // There is nothing that could run it: this is all that is seen of the query.
          const [sql] = args;
          const shape = typeof sql === 'string' ? describe(databaseOf(this, sql), sql) : undefined;
          const fail = () => {
            throw error;
          };
          return run(shape, this, fail, []);
        }
        const sql = String(args[0]);
        learn(statement, databaseOf(this, sql), sql);
        return statement;
      };
    });
    undo.replace(prototype, 'exec', (original) => {
      return function exec(this: Instance, ...args) {
        const [sql] = args;
        const shape = typeof sql === 'string' ? describe(databaseOf(this, sql), sql) : undefined;
        return run(shape, this, original, args);
      };
    });
  };

  return {
    'node:sqlite': ({
      DatabaseSync: { prototype },
    }: {
      DatabaseSync: DatabaseClass<NodeDatabase>;
    }) => {
      const databaseOf = nodeDatabases(prototype.prepare);
      patch(prototype, databaseOf);
      const stores = new WeakMap<object, NodeDatabase>();
      const learnTags = guarded((store: object, database: NodeDatabase) => {
        stores.set(store, database);
        traceMethods(Object.getPrototypeOf(store), (self, [strings, ...parameters]) => {
          const known = stores.get(self);
          if (known === undefined || !Array.isArray(strings)) return undefined;
          const sql = strings.join('?');
          return describe(databaseOf(known, sql), sql, parameters);
        });
      });
      undo.replace(prototype as Required<NodeDatabase>, 'createTagStore', (original) => {
        return function createTagStore(this: NodeDatabase, ...args) {
          const store = original.apply(this, args);
          learnTags(store, this);
          return store;
        };
      });
    },
    'better-sqlite3/lib/database.js': ({ prototype }: DatabaseClass<BetterDatabase>) =>
      patch(prototype, (database) => ({
        system: 'sqlite',
        namespace: nameOf(() => database.name),
      })),
  };
}

/** Where a database is: nowhere if it is not open. What is called then throws. */
function nameOf(look: () => string | null | undefined): string | undefined {
  try {
    return look() ?? ':memory:';
  } catch {
    return undefined;
  }
}

/**
 * How to describe databases of node:sqlite. Of one that was opened with `enableDoubleQuotedStringLiterals`, what
 * stands in double quotes may be a text; only SQLite itself can tell.
 *
 * @param prepare As it was before it is recorded.
 */
function nodeDatabases(prepare: AnyFunction): (database: NodeDatabase, sql: string) => SqlDatabase {
  const known = new WeakMap<NodeDatabase, boolean>();
  const hasTexts = (database: NodeDatabase): boolean => {
    let has = known.get(database);
    if (has === undefined) {
      try {
        prepare.call(database, 'SELECT "tracelane"');
        has = true;
      } catch {
        has = false;
      }
      known.set(database, has);
    }
    return has;
  };
  return (database, sql) => ({
    system: 'sqlite',
    namespace: nameOf(() => database.location?.()),
    dialect: sql.includes('"') && hasTexts(database) ? 'sqlite-texts' : 'sqlite',
  });
}
