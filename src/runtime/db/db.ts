import { type Patches, patchWhenLoaded } from '../packages.js';
import type { SourceContext } from '../source.js';
import { Undo } from '../undo.js';
import type { TraceClients } from './clients.js';
import { traceGraphql } from './graphql.js';
import { traceMongodb } from './mongodb.js';
import { traceMysql2 } from './mysql2.js';
import { tracePg } from './pg.js';
import { tracePostgres } from './postgres.js';
import { Queries } from './queries.js';
import { traceRedis } from './redis.js';
import { traceSqlite } from './sqlite.js';

/** The clients that are known: a line and a file for each kind. */
const CLIENTS: readonly TraceClients[] = [
  tracePg,
  tracePostgres,
  traceMysql2,
  traceRedis,
  traceSqlite,
  traceMongodb,
  traceGraphql,
];

/** Queries to databases, by the clients that the program has for them. */
export function traceDb({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const queries = new Queries(tracer, settings.capture.has('db-parameters'));
  const patches: Patches = Object.assign(
    {},
    ...CLIENTS.map((trace) => trace({ tracer, queries, undo })),
  );
  patchWhenLoaded(undo, patches);
  return undo;
}
