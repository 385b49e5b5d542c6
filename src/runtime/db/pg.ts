import { keepCall } from '../../recorder/api/operation-context.js';
import { traceCall, withKeptCallback } from '../calls.js';
import { guarded } from '../guard.js';
import { errorOutcome, type Operation } from '../operation.js';
import type { Patches } from '../packages.js';
import { Undo } from '../undo.js';
import type { ClientContext } from './clients.js';
import type { SqlDatabase } from './queries.js';

interface PgClient {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
}

/** What a client is asked to run: a text, an object with it, or what sends itself (cursors, streams). */
interface PgQuery {
  readonly text?: unknown;
  readonly values?: unknown;
  readonly callback?: unknown;
  readonly submit?: unknown;
  readonly cursor?: PgQuery;
}

/** pg, with its pool, its cursors and its streams. */
export function tracePg({ queries, undo }: ClientContext): Patches {
  const beginQuery = ([query, values]: readonly unknown[], client: PgClient) => {
    const config = (typeof query === 'object' ? query : { text: query }) as PgQuery | null;
    const text = config?.text ?? config?.cursor?.text;
    const parameters = typeof values === 'object' ? values : config?.values;
    return queries.begin(queries.sql(databaseOf(client), String(text ?? ''), parameters));
  };
  const begin = guarded(beginQuery);

  const patchClient = ({ prototype }: { prototype: { query: unknown } }) => {
    undo.replace(prototype, 'query', (original) => {
      const traced = traceCall(original, beginQuery);
      return function query(this: PgClient, ...args) {
        const { submit, callback } = (args[0] ?? {}) as PgQuery;
        if (typeof submit === 'function') {
          followSubmitted(args[0], begin(args, this));
          return original.apply(this, args);
        }
        const isLast = typeof callback === 'function' && typeof args.at(-1) !== 'function';
        return traced.apply(this, isLast ? [args[0], args[1], callback] : args);
      };
    });
  };
  const patchPool = ({ prototype }: { prototype: { connect: unknown } }) => {
    undo.replace(prototype, 'connect', (original) =>
      traceCall(original, (_args, { options }: { options: PgClient }) =>
        queries.begin(queries.pool(databaseOf(options))),
      ),
    );
  };
  return {
    'pg/lib/client.js': patchClient,
    'pg/lib/native/client.js': patchClient,
    'pg-pool/index.js': patchPool,
  };
}

function databaseOf({ host, port, database }: PgClient): SqlDatabase {
  return { system: 'postgresql', namespace: database, address: host, port };
}

/** What the client tells what sends itself, up to when the server has had enough of it. */
const MESSAGES = [
  ...['handleRowDescription', 'handleDataRow', 'handlePortalSuspended', 'handleEmptyQuery'],
  ...['handleCommandComplete', 'handleCopyInResponse', 'handleCopyData', 'handleError'],
  'handleReadyForQuery',
] as const;

/** All of it, and so each of its listeners, belongs to who has asked. */
function followSubmitted(query: object, operation: Operation | undefined): void {
  if (operation === undefined) return;
  const patched = new Undo();
  for (const name of MESSAGES) {
    patched.replace(query as never, name, (original) => {
      const handle = keepCall(original);
      return function (this: unknown, ...args) {
        if (name === 'handleReadyForQuery') {
          patched[Symbol.dispose]();
          operation.finish();
        } else if (name === 'handleError') {
          operation.finish(errorOutcome(args[0]));
        }
        return handle.apply(this, args);
      };
    });
  }
  // Of a cursor: the connection tells when it is closed. Streams have one within.
  const { cursor = query } = query as { cursor?: object };
  patched.replace(cursor as never, 'close', withKeptCallback);
}
