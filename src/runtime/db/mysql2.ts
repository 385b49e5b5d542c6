import { traceChannel } from '../channels.js';
import type { Patches } from '../packages.js';
import type { ClientContext } from './clients.js';
import { CATEGORY, type Database } from './queries.js';

/** What mysql2 publishes. */
interface Mysql2Call {
  readonly query: string;
  readonly values?: unknown;
  readonly database: string;
  readonly serverAddress: string;
  readonly serverPort?: number;
}

/** mysql2, by its channels. */
export function traceMysql2({ tracer, queries, undo }: ClientContext): Patches {
  for (const name of ['mysql2:query', 'mysql2:execute']) {
    traceChannel(undo, tracer, name, CATEGORY, (call: Mysql2Call) =>
      queries.sql(databaseOf(call), call.query, call.values),
    );
  }
  traceChannel(undo, tracer, 'mysql2:pool:connect', CATEGORY, (call: Mysql2Call) =>
    queries.pool(databaseOf(call)),
  );
  return {};
}

function databaseOf({ database, serverAddress, serverPort }: Mysql2Call): Database {
  return { system: 'mysql', namespace: database, address: serverAddress, port: serverPort };
}
