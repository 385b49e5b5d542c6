import { keepCall } from '../../recorder/api/operation-context.js';
import { traceChannel } from '../channels.js';
import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import { type AnyFunction, Undo } from '../undo.js';
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

/** What a connection works off, one after the other: a query, a ping. It emits events where it has no callback. */
interface Mysql2Command {
  readonly execute: unknown;
  onResult?: unknown;
}

/** mysql2, by its channels. What its queries tell their listeners belongs to who has asked. */
export function traceMysql2({ tracer, queries, undo }: ClientContext): Patches {
  for (const name of ['mysql2:query', 'mysql2:execute']) {
    traceChannel(undo, tracer, name, CATEGORY, (call: Mysql2Call) =>
      queries.sql(databaseOf(call), call.query, call.values),
    );
  }
  traceChannel(undo, tracer, 'mysql2:pool:connect', CATEGORY, (call: Mysql2Call) =>
    queries.pool(databaseOf(call)),
  );
  const patch = ({ prototype }: { prototype: { addCommand: unknown } }) => {
    undo.replace(prototype, 'addCommand', (original) => {
      return function addCommand(this: unknown, ...args) {
        keep(args[0]);
        return original.apply(this, args);
      };
    });
  };
  return { 'mysql2/lib/connection.js': patch };
}

/** Has a command run its callback, or else all of its listeners, in the call of this moment. */
const keep = guarded((command: Mysql2Command) => {
  const { onResult } = command;
  if (typeof onResult === 'function') command.onResult = keepCall(onResult as AnyFunction);
  else new Undo().replace(command, 'execute', keepCall);
});

function databaseOf({ database, serverAddress, serverPort }: Mysql2Call): Database {
  return { system: 'mysql', namespace: database, address: serverAddress, port: serverPort };
}
