import type { Tracer } from '../../recorder/api/tracer.js';
import type { Patches } from '../packages.js';
import type { Undo } from '../undo.js';
import type { Queries } from './queries.js';

/** What clients of databases are recorded with. */
export interface ClientContext {
  readonly tracer: Tracer;
  readonly queries: Queries;
  readonly undo: Undo;
}

/**
 * Has the clients of a kind of database recorded: listens to their channels, and says what is to be patched
 * when they are loaded.
 */
export type TraceClients = (context: ClientContext) => Patches;
