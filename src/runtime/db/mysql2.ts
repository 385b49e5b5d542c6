import { errorMonitor } from 'node:events';
import { keepCall } from '../../recorder/api/operation-context.js';
import { traceChannel } from '../channels.js';
import { guarded } from '../guard.js';
import { errorOutcome, type Operation } from '../operation.js';
import type { Patches } from '../packages.js';
import { type AnyFunction, Undo } from '../undo.js';
import type { ClientContext } from './clients.js';
import { CATEGORY, type SqlDatabase } from './queries.js';

/** What mysql2 publishes. */
interface Mysql2Call {
  readonly query: string;
  readonly values?: unknown;
  readonly database: string;
  readonly serverAddress: string;
  readonly serverPort?: number;
}

/**
 * What a connection works off, one after the other: a query, a ping. It emits events where it has no
 * callback.
 */
interface Mysql2Command {
  readonly execute: unknown;
  /** What was prepared by hand, and is executed now. */
  readonly statement?: { readonly query: string };
  readonly sql?: unknown;
  readonly values?: unknown;
  onResult?: unknown;
  once(event: string | symbol, listener: (error?: unknown) => void): void;
}

interface Mysql2Connection {
  readonly config: {
    readonly database?: string;
    readonly host?: string;
    readonly port?: number;
    readonly socketPath?: string;
  };
}

/**
 * mysql2, by its channels, which tell nothing of statements that were prepared by hand. What its queries
 * tell their listeners belongs to who has asked.
 */
export function traceMysql2({ tracer, queries, undo }: ClientContext): Patches {
  for (const name of ['mysql2:query', 'mysql2:execute']) {
    traceChannel(undo, tracer, name, CATEGORY, (call: Mysql2Call) =>
      queries.sql(databaseOf(call), call.query, call.values),
    );
  }
  traceChannel(undo, tracer, 'mysql2:pool:connect', CATEGORY, (call: Mysql2Call) =>
    queries.pool(databaseOf(call)),
  );
  const begin = ({ config }: Mysql2Connection, query: string, values: unknown) => {
    const { database, host, port, socketPath } = config;
    const isLocal = socketPath !== undefined;
    const place = { address: isLocal ? socketPath : host, port: isLocal ? undefined : port };
    const shape = queries.sql({ system: 'mysql', namespace: database, ...place }, query, values);
    return queries.begin(shape);
  };
  const follow = guarded((command: Mysql2Command, connection: Mysql2Connection) => {
    const { statement, sql, values } = command;
    // One that mysql2 prepares itself has its text, too: its channel tells of that.
    const query = sql === undefined ? statement?.query : undefined;
    const operation = typeof query === 'string' ? begin(connection, query, values) : undefined;
    keep(command);
    if (operation !== undefined) finishWith(command, operation);
  });
  const patch = ({ prototype }: { prototype: { addCommand: unknown } }) => {
    undo.replace(prototype, 'addCommand', (original) => {
      return function addCommand(this: unknown, ...args) {
        follow(args[0] as Mysql2Command, this as Mysql2Connection);
        return original.apply(this, args);
      };
    });
  };
  return { 'mysql2/lib/connection.js': patch };
}

/** Has a command run its callback, or else all of its listeners, in the call of this moment. */
function keep(command: Mysql2Command): void {
  const { onResult } = command;
  if (typeof onResult === 'function') command.onResult = keepCall(onResult as AnyFunction);
  else new Undo().replace(command, 'execute', keepCall);
}

/** Before the program is told, by its callback or by events. */
function finishWith(command: Mysql2Command, operation: Operation): void {
  const finish = (error?: unknown) => operation.finish(error ? errorOutcome(error) : undefined);
  const { onResult } = command;
  if (typeof onResult === 'function') {
    command.onResult = function (this: unknown, ...results: unknown[]): unknown {
      finish(results[0]);
      return Reflect.apply(onResult, this, results);
    };
    return;
  }
  command.once(errorMonitor, finish);
  command.once('end', () => finish());
}

function databaseOf({ database, serverAddress, serverPort }: Mysql2Call): SqlDatabase {
  return { system: 'mysql', namespace: database, address: serverAddress, port: serverPort };
}
