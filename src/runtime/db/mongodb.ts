import { traceCall } from '../calls.js';
import type { Patches } from '../packages.js';
import type { ClientContext } from './clients.js';

interface MongoOperation {
  readonly commandName?: string;
  readonly ns?: { readonly db?: string; readonly collection?: string };
  readonly collection?: { readonly collectionName?: string };
}

/** Where commands are sent that are none of the plain ones for a collection. */
const COMMANDS = '$cmd';

interface MongoClient {
  readonly options?: {
    readonly hosts?: readonly { readonly host?: string; readonly port?: number }[];
  };
}

/** mongodb, and mongoose on top of it: all that is sent goes through one function, batches of cursors too. */
export function traceMongodb({ queries, undo }: ClientContext): Patches {
  return {
    'mongodb/lib/operations/execute_operation.js': (exports: { executeOperation: unknown }) => {
      undo.replace(exports, 'executeOperation', (original) =>
        traceCall(original, (args) => {
          const [client, operation] = args as [MongoClient, MongoOperation];
          const [{ host, port } = {}] = client.options?.hosts ?? [];
          const { db: namespace, collection: sentTo } = operation.ns ?? {};
          const collection = sentTo === COMMANDS ? operation.collection?.collectionName : sentTo;
          const database = { system: 'mongodb', namespace, address: host, port };
          return queries.begin(
            queries.collection(database, operation.commandName ?? 'command', collection),
          );
        }),
      );
    },
  };
}
