import type { Tracer } from '../../recorder/api/tracer.js';
import type { Args } from '../../trace-event/events.js';
import type { CallShape } from '../channels.js';
import { beginOperation, type Operation } from '../operation.js';
import { type Dialect, SqlTexts } from './sql.js';

export const CATEGORY = 'db';

/** Where a query is sent, by the names that clients have for it. */
export interface Database {
  /** As OpenTelemetry calls it: `postgresql`. */
  readonly system: string;
  readonly namespace?: unknown;
  /** A host, or the path of a socket. */
  readonly address?: unknown;
  readonly port?: unknown;
}

export interface SqlDatabase extends Database {
  readonly system: 'postgresql' | 'mysql' | 'sqlite';
  /** Where it is not that of the system. */
  readonly dialect?: Dialect;
}

/** How queries are drawn. Values of the program's are in none of it, unless they are asked for. */
export class Queries {
  readonly #tracer: Tracer;
  readonly #takesParameters: boolean;
  readonly #texts = new Map<Dialect, SqlTexts>();

  constructor(tracer: Tracer, takesParameters: boolean) {
    this.#tracer = tracer;
    this.#takesParameters = takesParameters;
  }

  /** An SQL statement, with its parameters as an array or by name. */
  sql(database: SqlDatabase, sql: string, parameters?: unknown): CallShape {
    const { summary, text } = this.#textsOf(database.dialect ?? database.system).of(sql);
    const args: Record<string, unknown> = attributesOf(database);
    args['db.query.text'] = this.#takesParameters ? sql : text;
    if (this.#takesParameters) addParameters(args, parameters);
    return { name: summary, args: args as Args };
  }

  /** A command with arguments, as Redis has them. */
  command(database: Database, command: string, parameters: readonly unknown[]): CallShape {
    const args: Record<string, unknown> = attributesOf(database);
    const name = command.toUpperCase();
    args['db.operation.name'] = name;
    if (this.#takesParameters) addParameters(args, parameters);
    return { name, args: args as Args };
  }

  /** A command for a collection of documents. */
  collection(database: Database, command: string, collection: string | undefined): CallShape {
    const args = attributesOf(database);
    args['db.operation.name'] = command;
    if (collection !== undefined) args['db.collection.name'] = collection;
    return { name: collection === undefined ? command : `${command} ${collection}`, args };
  }

  /** The wait for a connection out of a pool. */
  pool(database: Database): CallShape {
    return { name: 'pool connect', args: attributesOf(database) };
  }

  begin({ name, args }: CallShape): Operation | undefined {
    return beginOperation(this.#tracer, name, CATEGORY, args);
  }

  #textsOf(dialect: Dialect): SqlTexts {
    let texts = this.#texts.get(dialect);
    if (texts === undefined) {
      texts = new SqlTexts(dialect);
      this.#texts.set(dialect, texts);
    }
    return texts;
  }
}

/** As OpenTelemetry names them. */
function attributesOf({ system, namespace, address, port }: Database) {
  const args: Record<string, string | number> = { 'db.system.name': system };
  if (namespace !== undefined && namespace !== null) args['db.namespace'] = String(namespace);
  if (typeof address === 'string') args['server.address'] = address;
  if (Number(port) > 0) args['server.port'] = Number(port);
  return args;
}

/** As dates and bytes tell of themselves. There are objects that have no text. */
function objectText(value: object): string {
  try {
    return String(value);
  } catch {
    return 'object';
  }
}

function addParameters(args: Record<string, unknown>, parameters: unknown): void {
  if (typeof parameters !== 'object' || parameters === null) return;
  for (const [key, value] of Object.entries(parameters)) {
    const isPlain = typeof value !== 'object' || value === null;
    args[`db.query.parameter.${key}`] = isPlain ? value : objectText(value);
  }
}
